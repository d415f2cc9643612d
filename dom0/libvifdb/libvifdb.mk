# SPDX-License-Identifier: GPL-2.0-or-later
# libvifdb.a for our own programs; libvifdb.so.0 for everybody. The shared
# library's objects are a variant of their own, because -fPIE is not enough.
VIFDB_SOURCES := $(wildcard dom0/libvifdb/*.c) $(addprefix dom0/base/,json-frame.c map.c uuid.c)
VIFDB_LIBS := -ljansson
VIFDB_SO := $(B)/release/libvifdb.so.0
VIFDB_MAP := dom0/libvifdb/libvifdb.map
$(call archive,vifdb,$(VIFDB_SOURCES))

CC_pic := $(patsubst -fPIE,-fPIC,$(CC_release))
$(eval $(call variant-rules,pic))
DEPS += $(patsubst %.o,%.d,$(call objs,pic,$(VIFDB_SOURCES)))

$(VIFDB_SO): $(call objs,pic,$(VIFDB_SOURCES)) $(VIFDB_MAP)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libvifdb.so.0 -Wl,--version-script=$(VIFDB_MAP) \
		-Wl,-z,relro,-z,now,-z,defs $(filter %.o,$^) $(VIFDB_LIBS) -o $@
PROGRAMS += $(VIFDB_SO)
