package main

import (
	"context"
	"fmt"
	"sort"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	frameworkplugins "k8s.io/kubernetes/pkg/scheduler/framework/plugins"
	frameworkruntime "k8s.io/kubernetes/pkg/scheduler/framework/runtime"
	"k8s.io/kubernetes/pkg/scheduler/metrics"
)

// solo is one filtering plugin in a framework of its own.
type solo struct {
	plugin string
	framework.Framework
}

// alone takes a profile apart into its filtering plugins, each with its arguments and all that the others
// see. A framework stops at the first plugin that refuses; only apart do they all say what they think.
func (c *cluster) alone(ctx context.Context, whole framework.Framework) ([]solo, error) {
	enabled := whole.ListPlugins()
	names := sets.New[string]()
	for _, set := range []config.PluginSet{enabled.PreFilter, enabled.Filter} {
		for _, plugin := range set.Enabled {
			names.Insert(plugin.Name)
		}
	}
	var solos []solo
	for _, name := range sets.List(names) {
		made, err := c.only(ctx, whole, name)
		if err != nil {
			return nil, fmt.Errorf("%s alone: %w", name, err)
		}
		solos = append(solos, solo{name, made})
	}
	sort.Slice(solos, func(i, j int) bool { return solos[i].plugin < solos[j].plugin })
	// VolumeBinding comes with caches of its own, which have to fill first.
	return solos, c.caughtUp()
}

func (c *cluster) only(ctx context.Context, whole framework.Framework, plugin string) (framework.Framework, error) {
	named := &config.KubeSchedulerProfile{SchedulerName: whole.ProfileName()}
	for _, known := range c.config.Profiles {
		if known.SchedulerName == named.SchedulerName {
			named.PluginConfig = known.PluginConfig
		}
	}
	named.Plugins = &config.Plugins{MultiPoint: config.PluginSet{Enabled: []config.Plugin{
		{Name: "PrioritySort"}, {Name: plugin}, {Name: "DefaultBinder"},
	}}}
	made, err := frameworkruntime.NewFramework(ctx, frameworkplugins.NewInTreeRegistry(), named,
		frameworkruntime.WithComponentConfigVersion(c.config.APIVersion),
		frameworkruntime.WithClientSet(c.client),
		frameworkruntime.WithInformerFactory(c.factory),
		frameworkruntime.WithSharedDRAManager(whole.SharedDRAManager()),
		frameworkruntime.WithSharedCSIManager(whole.SharedCSIManager()),
		frameworkruntime.WithSnapshotSharedLister(c.snapshot),
		frameworkruntime.WithMetricsRecorder(metrics.NewMetricsAsyncRecorder(1, time.Hour, ctx.Done())),
		frameworkruntime.WithWaitingPods(frameworkruntime.NewWaitingPodsMap()),
		frameworkruntime.WithPodsInPreBind(frameworkruntime.NewPodsInPreBindMap()),
		frameworkruntime.WithPodGroupManager(c.Cache),
		frameworkruntime.WithPodNominator(c.SchedulingQueue),
	)
	return made, err
}
