# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-deb
check-deb: deb ## the packages in a Debian root: install, upgrade, remove, purge
	@python3 tests/deb/run.py $(DEB_DIR)
