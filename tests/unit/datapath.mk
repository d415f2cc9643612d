# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,megaflow-flow-key,tests/unit/megaflow-flow-key.c tests/unit/megaflow-kernel.c,datapath policy base core,)
$(call unit-test,megaflow-decide,tests/unit/megaflow-decide.c $(MEGAFLOW_TEST_SRCS),datapath policy base core,)
$(call unit-test,megaflow-switch,tests/unit/megaflow-switch.c $(addprefix tests/unit/megaflow-,kernel.c world.c),datapath policy base core,)
$(call unit-test,flow-budget,tests/unit/flow-budget.c,base,)
$(call unit-test,megaflow-stations,tests/unit/megaflow-stations.c,datapath policy base core,)
$(call unit-test,ovs-datapath,tests/unit/ovs-datapath.c,datapath policy base core,$(BASE_LIBS))
$(call unit-test,flower-plan,tests/unit/flower-plan.c $(FLOWER_TEST_SRCS),datapath policy base core,)
$(call unit-test,flower-tc,tests/unit/flower-tc.c tests/unit/played-tc.c,datapath policy base core,$(BASE_LIBS) -Xlinker --wrap=netlink_request)
