# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call link-variant,asan,xapi-seen,tests/xapi/xapi-seen.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
XAPI_BUILDS := $(addprefix $(B)/asan/,xapi-seen vif-vifswitch vifxapid) $(addprefix $(B)/release/,vifdbd vifctl) $(SCHEMA)
CHECK_BUILDS += $(XAPI_BUILDS)

.PHONY: check-xapi
check-xapi: $(XAPI_BUILDS) ## XAPI's orders and events, on a real XenStore daemon
	@$(PYTHON3) tests/lab/xenstored.py -- $(PYTHON3) tests/xapi/run.py
