# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,exporter,$(wildcard dom0/exporter/*.c))
