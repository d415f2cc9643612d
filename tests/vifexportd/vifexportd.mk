# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifexportd $(B)/asan/export-driver $(DOCUMENT_SCHEMAS)
.PHONY: check-vifexportd
check-vifexportd: $(B)/asan/vifexportd $(B)/asan/export-driver $(DOCUMENT_SCHEMAS) ## metrics and status page, read by Prometheus' own tools
	@VIFEXPORTD=$(abspath $(B)/asan/vifexportd) \
		EXPORT_DRIVER=$(abspath $(B)/asan/export-driver) python3 tests/vifexportd/run.py
	@VIFEXPORTD=$(abspath $(B)/asan/vifexportd) python3 tests/vifexportd/watched.py
	@VIFEXPORTD=$(abspath $(B)/asan/vifexportd) python3 tests/vifexportd/shipped.py

# Chromium's driver is Debian's, for Debian's Python.
.PHONY: check-page
check-page: $(B)/asan/vifexportd $(DOCUMENT_SCHEMAS) ## the status page in Chromium; pictures in build/page
	@VIFEXPORTD=$(abspath $(B)/asan/vifexportd) $(PYTHON3) tests/vifexportd/browser.py

$(call program,export-driver,tests/vifexportd/export-driver.c,export policy base core,$(BASE_LIBS))
