# SPDX-License-Identifier: GPL-2.0-or-later
# The driver with sanitizers, against the archive.
$(eval $(call link-variant,asan,vifdb-driver,tests/libvifdb/driver.c,vifdb,$(VIFDB_LIBS)))
