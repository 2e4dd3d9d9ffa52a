package main

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/storage/ephemeral"
	fwk "k8s.io/kube-scheduler/framework"
)

// answer says of one step of a plan whether it is accepted, and by whom it is refused if not.
type answer struct {
	Step     int      `json:"step"`
	Pod      string   `json:"pod"`
	Node     string   `json:"node"`
	Accepted bool     `json:"accepted"`
	Refused  *failure `json:"refused,omitempty"`
}

// replay takes evicted pods away and then asks the filters about one binding after the other, each on the
// state that the accepted ones before it made. Volumes are bound in between, as the controllers would.
func replay(ctx context.Context, opts *options, asked *request, out emit) error {
	objects, err := decode(asked.objects())
	if err != nil {
		return err
	}
	c, err := open(ctx, opts, objects)
	if err != nil {
		return err
	}
	c.store.changed = controller(c.store, objects)
	made := map[string]*v1.Pod{}
	for _, gone := range asked.Plan.Evictions {
		pod, known := c.store.get("pods", gone.key()).(*v1.Pod)
		if !known || pod.Spec.NodeName == "" {
			return fmt.Errorf("eviction of %s: no such pod on a node", gone.key())
		}
		if err := c.Cache.RemovePod(c.logger, pod); err != nil {
			return err
		}
		made[gone.key()] = anew(pod)
		c.inherit(pod, made[gone.key()])
	}
	if err := c.caughtUp(); err != nil {
		return err
	}
	for i, wanted := range asked.Plan.Bindings {
		pod, known := made[wanted.key()]
		if !known {
			pod, known = c.store.get("pods", wanted.key()).(*v1.Pod)
		}
		if !known || pod.Spec.NodeName != "" {
			return fmt.Errorf("step %d: no pod %s without a node", i, wanted.key())
		}
		refused, err := c.take(ctx, pod, wanted)
		if err != nil {
			return fmt.Errorf("step %d, %s to %s: %w", i, wanted.key(), wanted.Node, err)
		}
		out(answer{Step: i, Pod: wanted.key(), Node: wanted.Node, Accepted: refused == nil, Refused: refused})
	}
	return nil
}

// anew is the pod that a controller makes in the place of an evicted one.
func anew(pod *v1.Pod) *v1.Pod {
	made := pod.DeepCopy()
	made.UID += "-anew"
	made.Spec.NodeName = ""
	made.DeletionTimestamp = nil
	made.Status = v1.PodStatus{Phase: v1.PodPending}
	return made
}

// inherit lets the new pod own the ephemeral claims of the one that is gone: in a plan it goes by its name.
func (c *cluster) inherit(gone, made *v1.Pod) {
	for i := range gone.Spec.Volumes {
		if gone.Spec.Volumes[i].Ephemeral == nil {
			continue
		}
		name := ephemeral.VolumeClaimName(gone, &gone.Spec.Volumes[i])
		pvc, known := c.store.get("persistentvolumeclaims", path(gone.Namespace, name)).(*v1.PersistentVolumeClaim)
		if !known {
			continue
		}
		owned := pvc.DeepCopy()
		for j := range owned.OwnerReferences {
			if owned.OwnerReferences[j].UID == gone.UID {
				owned.OwnerReferences[j].UID = made.UID
			}
		}
		c.store.put(owned)
	}
}

// take asks about one binding and, where it is accepted, makes it.
func (c *cluster) take(ctx context.Context, pod *v1.Pod, wanted step) (*failure, error) {
	fw := c.profileOf(pod)
	if fw == nil {
		return nil, fmt.Errorf("its scheduler %q is not served", pod.Spec.SchedulerName)
	}
	if why := held(ctx, fw, pod); why != "" {
		return &failure{Plugin: why, Code: fwk.UnschedulableAndUnresolvable.String()}, nil
	}
	if err := c.refresh(); err != nil {
		return nil, err
	}
	node, err := c.snapshot.NodeInfos().Get(wanted.Node)
	if err != nil {
		return nil, err
	}
	verdicts, state := filtered(ctx, fw, pod, []fwk.NodeInfo{node})
	if refused := verdicts[wanted.Node]; refused != nil {
		return refused, nil
	}
	assumed := pod.DeepCopy()
	assumed.Spec.NodeName = wanted.Node
	if err := c.Cache.AssumePod(c.logger, assumed); err != nil {
		return nil, err
	}
	c.SchedulingQueue.Delete(pod)
	if status := fw.RunReservePluginsReserve(ctx, state, assumed, wanted.Node); !status.IsSuccess() {
		return failureOf("Reserve", status), nil
	}
	if !lists(fw.ListPlugins().PreBind, "VolumeBinding") {
		// Nobody binds its volumes: nothing to wait for.
		return nil, nil
	}
	return nil, c.bindVolumes(ctx, assumed, func() *fwk.Status {
		return fw.RunPreBindPlugins(ctx, state, assumed, wanted.Node)
	})
}

// bindVolumes lets PreBind write what it has decided about claims and goes on as soon as they are bound:
// PreBind itself looks for that once a second only.
func (c *cluster) bindVolumes(ctx context.Context, pod *v1.Pod, preBind func() *fwk.Status) error {
	if c.bound(pod) {
		return nil
	}
	failed := make(chan *fwk.Status, 1)
	go func() { failed <- preBind() }()
	var status *fwk.Status
	done := eventually(patience, func() bool {
		select {
		case status = <-failed:
			return true
		default:
			return c.bound(pod)
		}
	})
	if !status.IsSuccess() {
		return fmt.Errorf("binding its volumes: %s", status.Message())
	}
	if !done {
		return fmt.Errorf("its volumes were never bound")
	}
	return c.caughtUp()
}
