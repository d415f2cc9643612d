# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,base-text,tests/unit/base-text.c,base,)
$(call unit-test,base-allowance,tests/unit/base-allowance.c,base,)
$(call unit-test,base-map,tests/unit/base-map.c,base,)
$(call unit-test,base-json-frame,tests/unit/base-json-frame.c,base,)
$(call unit-test,base-json-rpc,tests/unit/base-json-rpc.c,base datapath core,$(BASE_LIBS))
