# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-vifexportd
check-vifexportd: $(B)/asan/vifexportd $(DOCUMENT_SCHEMAS) ## metrics and status page, read by Prometheus' own tools
	@VIFEXPORTD=$(abspath $(B)/asan/vifexportd) python3 tests/vifexportd/run.py
