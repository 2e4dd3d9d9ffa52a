package main

import (
	"context"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/apis/config"
	"k8s.io/kubernetes/pkg/scheduler/apis/config/latest"
	configscheme "k8s.io/kubernetes/pkg/scheduler/apis/config/scheme"
	internalcache "k8s.io/kubernetes/pkg/scheduler/backend/cache"
	"k8s.io/kubernetes/pkg/scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/profile"
)

const patience = 30 * time.Second

// cluster is a scheduler that has seen a whole snapshot and has not started to schedule.
type cluster struct {
	*scheduler.Scheduler
	store    *store
	client   kubernetes.Interface
	factory  informers.SharedInformerFactory
	config   *config.KubeSchedulerConfiguration
	snapshot *internalcache.Snapshot
	volumes  map[string]*followed
	logger   klog.Logger
}

// open builds kube-scheduler itself, with its own cache, queue, informers and plugins, over a snapshot.
func open(ctx context.Context, opts *options, objects []runtime.Object) (*cluster, error) {
	settings, err := configuration(opts.config)
	if err != nil {
		return nil, err
	}
	kept := newStore()
	var fixed []runtime.Object
	for _, object := range objects {
		if pod, isPod := object.(*v1.Pod); isPod && terminal(pod) {
			continue
		}
		if shelfOf(object) == "" {
			fixed = append(fixed, object)
		} else {
			kept.put(object)
		}
	}
	client := fake.NewSimpleClientset(fixed...)
	kept.serve(client)
	go kept.stop(ctx)

	c := &cluster{store: kept, client: client, config: settings, logger: klog.FromContext(ctx)}
	c.factory = scheduler.NewInformerFactory(client, 0)
	c.follow()
	recorders := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	c.Scheduler, err = scheduler.New(ctx, client, c.factory, nil, profile.NewRecorderFactory(recorders),
		scheduler.WithComponentConfigVersion(settings.APIVersion),
		scheduler.WithProfiles(settings.Profiles...),
		scheduler.WithParallelism(settings.Parallelism),
		scheduler.WithPercentageOfNodesToScore(settings.PercentageOfNodesToScore),
		scheduler.WithPodInitialBackoffSeconds(settings.PodInitialBackoffSeconds),
		scheduler.WithPodMaxBackoffSeconds(settings.PodMaxBackoffSeconds),
	)
	if err != nil {
		return nil, err
	}
	for _, served := range c.Profiles {
		shared, known := served.SnapshotSharedLister().(*internalcache.Snapshot)
		if !known {
			return nil, fmt.Errorf("the framework's snapshot is a %T", served.SnapshotSharedLister())
		}
		c.snapshot = shared
		if err := workable(served); err != nil {
			return nil, err
		}
	}
	return c, c.sync(ctx)
}

// prepared are the plugins that fail with an error where their own PreFilter has not run.
var prepared = []string{
	"InterPodAffinity", "NodePorts", "NodeResourcesFit", "PodTopologySpread", "VolumeBinding", "VolumeRestrictions",
}

// workable refuses a profile under which kube-scheduler would fail on every pod, and try again for ever.
func workable(fw framework.Framework) error {
	enabled := fw.ListPlugins()
	for _, plugin := range prepared {
		later := lists(enabled.Filter, plugin) || lists(enabled.Reserve, plugin)
		if later && !lists(enabled.PreFilter, plugin) {
			return fmt.Errorf("profile %s: %s is on at filter or reserve and off at preFilter, which prepares it: "+
				"kube-scheduler fails on every pod", fw.ProfileName(), plugin)
		}
	}
	return nil
}

func lists(set config.PluginSet, plugin string) bool {
	for _, enabled := range set.Enabled {
		if enabled.Name == plugin {
			return true
		}
	}
	return false
}

// configuration is the default one, or a KubeSchedulerConfiguration file with its defaults filled in.
func configuration(file string) (*config.KubeSchedulerConfiguration, error) {
	if file == "" {
		return latest.Default()
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	object, kind, err := configscheme.Codecs.UniversalDecoder().Decode(data, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	settings, known := object.(*config.KubeSchedulerConfiguration)
	if !known {
		return nil, fmt.Errorf("%s: holds a %s", file, kind)
	}
	settings.APIVersion = kind.GroupVersion().String()
	return settings, nil
}

// follow puts our own informers of claims and volumes in the place of the usual ones.
func (c *cluster) follow() {
	claims, volumes := &followed{}, &followed{}
	c.factory.InformerFor(&v1.PersistentVolumeClaim{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
		claims.SharedIndexInformer = coreinformers.NewPersistentVolumeClaimInformer(client, v1.NamespaceAll, resync, indexers)
		return claims
	})
	c.factory.InformerFor(&v1.PersistentVolume{}, func(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
		volumes.SharedIndexInformer = coreinformers.NewPersistentVolumeInformer(client, resync, cache.Indexers{})
		return volumes
	})
	c.volumes = map[string]*followed{"persistentvolumeclaims": claims, "persistentvolumes": volumes}
}

func (c *cluster) sync(ctx context.Context) error {
	c.factory.Start(ctx.Done())
	for kind, synced := range c.factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("the informer of %v never synced", kind)
		}
	}
	if err := c.WaitForHandlersSync(ctx); err != nil {
		return err
	}
	if !eventually(patience, c.store.watched) {
		return fmt.Errorf("the watches never started")
	}
	return c.caughtUp()
}

// caughtUp waits until all that reads claims and volumes has seen their newest state.
func (c *cluster) caughtUp() error {
	for resource, informer := range c.volumes {
		if !eventually(patience, func() bool { return informer.caughtUp(c.store.changedAt(resource)) }) {
			return fmt.Errorf("the handlers of %s never caught up", resource)
		}
	}
	return nil
}

// refresh brings the snapshot that plugins read up to what the cache holds.
func (c *cluster) refresh() error {
	return c.Cache.UpdateSnapshot(c.logger, c.snapshot)
}

// profileOf is the framework that schedules a pod, or nil where another scheduler does.
func (c *cluster) profileOf(pod *v1.Pod) framework.Framework {
	return c.Profiles[pod.Spec.SchedulerName]
}

func (c *cluster) pods() []*v1.Pod {
	stored := c.store.all("pods")
	pods := make([]*v1.Pod, len(stored))
	for i, object := range stored {
		pods[i] = object.(*v1.Pod)
	}
	return pods
}
