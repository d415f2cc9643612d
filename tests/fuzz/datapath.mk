# SPDX-License-Identifier: GPL-2.0-or-later
MEGAFLOW_TEST_SRCS := $(addprefix tests/unit/megaflow-,kernel.c world.c pair.c)
$(call fuzz-target,megaflow-decide,tests/fuzz/megaflow-decide.c $(MEGAFLOW_TEST_SRCS),datapath policy base core,)
FLOWER_TEST_SRCS := tests/unit/flower-pair.c $(addprefix tests/unit/megaflow-,kernel.c world.c)
$(call fuzz-target,flower-plan,tests/fuzz/flower-plan.c $(FLOWER_TEST_SRCS),datapath policy base core,$(BASE_LIBS))
