# SPDX-License-Identifier: GPL-2.0-or-later
OPENFLOW_ARCHIVES := openflow base

$(call archive,openflow,$(wildcard dom0/openflow/*.c dom0/openflow/ko/*.c dom0/openflow/text/*.c dom0/openflow/client/*.c))
