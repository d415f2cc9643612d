# SPDX-License-Identifier: GPL-2.0-or-later
# The packages are built from a copy of the tracked files, so nothing appears in
# the tree but build/deb/. Without git (an unpacked source archive) everything
# except build/ is copied.
DEB_DIR		:= $(B)/deb
DEB_PARTS	:= Makefile LICENSES README.md debian docs dom0 hotplug include kmod man systemd xapi-plugin
DEB_FILES	= $(shell git ls-files -- $(DEB_PARTS) 2>/dev/null || \
		find $(wildcard $(DEB_PARTS)) -type f)
DEB_STAMP	:= $(DEB_DIR)/.built

.PHONY: deb
deb: ## build the Debian packages into build/deb/
	@mkdir -p $(B)
	@flock $(B)/deb.lock $(MAKE) --no-print-directory $(DEB_STAMP) DEB_GOAL=1

ifdef DEB_GOAL
$(DEB_STAMP): $(wildcard $(DEB_FILES))
	rm -rf $(DEB_DIR)
	mkdir -p $(DEB_DIR)/src/vifswitch-$(VERSION)
	tar -c $(wildcard $(DEB_FILES)) | tar -x -C $(DEB_DIR)/src/vifswitch-$(VERSION)
	cd $(DEB_DIR)/src/vifswitch-$(VERSION) && \
		env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u DEB_GOAL \
		DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$$(nproc)" \
		dpkg-buildpackage --build=binary --no-sign >../../build.log 2>&1 || \
		{ tail -n 40 ../../build.log >&2; \
		  echo "make deb: dpkg-buildpackage failed; all of it in $(DEB_DIR)/build.log" >&2; \
		  exit 1; }
	mv $(DEB_DIR)/src/*.deb $(DEB_DIR)
	rm -rf $(DEB_DIR)/src
	touch $@
	@ls $(DEB_DIR)/*.deb
endif
