/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where it was before the policy needed it too. */
#include "base/problem.h"
