# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,handover,$(wildcard dom0/handover/*.c))
HANDOVER_ARCHIVES := handover policydb policy datapath vifdb core base
# b64_ntop() and b64_pton()
HANDOVER_LIBS := -lresolv
