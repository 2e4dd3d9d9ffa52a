package main

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/component-helpers/storage/ephemeral"
	"k8s.io/component-helpers/storage/volume"
)

// controller does the part of binding volumes that is not the scheduler's: what the controller of
// PersistentVolumes and the drivers' provisioners do once the scheduler has chosen a volume or a node.
func controller(kept *store, objects []runtime.Object) func(string, runtime.Object, bool) {
	world := &provisioner{kept, map[string]*v1.Node{}, map[string]*storagev1.CSINode{}, map[string]*storagev1.StorageClass{}}
	for _, object := range objects {
		switch typed := object.(type) {
		case *v1.Node:
			world.nodes[typed.Name] = typed
		case *storagev1.CSINode:
			world.drivers[typed.Name] = typed
		case *storagev1.StorageClass:
			world.classes[typed.Name] = typed
		}
	}
	return func(_ string, object runtime.Object, gone bool) {
		switch typed := object.(type) {
		case *v1.PersistentVolume:
			if typed.Spec.ClaimRef != nil && typed.Status.Phase != v1.VolumeBound && !gone {
				world.join(typed.DeepCopy(), typed.Spec.ClaimRef.Namespace, typed.Spec.ClaimRef.Name)
			}
		case *v1.PersistentVolumeClaim:
			if node := typed.Annotations[volume.AnnSelectedNode]; node != "" && typed.Spec.VolumeName == "" && !gone {
				world.join(world.make(typed, node), typed.Namespace, typed.Name)
			}
		}
	}
}

type provisioner struct {
	store   *store
	nodes   map[string]*v1.Node
	drivers map[string]*storagev1.CSINode
	classes map[string]*storagev1.StorageClass
}

// join binds a volume and a claim to each other, both sides.
func (p *provisioner) join(pv *v1.PersistentVolume, namespace, name string) {
	pvc, known := p.store.get("persistentvolumeclaims", path(namespace, name)).(*v1.PersistentVolumeClaim)
	if !known {
		return
	}
	pv.Spec.ClaimRef = &v1.ObjectReference{
		Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: namespace, Name: name, UID: pvc.UID,
	}
	pv.Status.Phase = v1.VolumeBound
	pvc.Spec.VolumeName = pv.Name
	metav1.SetMetaDataAnnotation(&pvc.ObjectMeta, volume.AnnBindCompleted, "yes")
	metav1.SetMetaDataAnnotation(&pvc.ObjectMeta, volume.AnnBoundByController, "yes")
	pvc.Status.Phase = v1.ClaimBound
	p.store.put(pv)
	p.store.put(pvc)
}

// make provisions a volume for a claim. It can be used where the driver says that the chosen node is: on
// nodes with the same values of the topology keys it reports there, or everywhere if it reports none.
func (p *provisioner) make(pvc *v1.PersistentVolumeClaim, node string) *v1.PersistentVolume {
	class := volume.GetPersistentVolumeClaimClass(pvc)
	driver := ""
	if known := p.classes[class]; known != nil {
		driver = known.Provisioner
	}
	made := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("pvc-%s-%s", pvc.Namespace, pvc.Name)},
		Spec: v1.PersistentVolumeSpec{
			Capacity:         pvc.Spec.Resources.Requests.DeepCopy(),
			AccessModes:      pvc.Spec.AccessModes,
			StorageClassName: class,
			VolumeMode:       pvc.Spec.VolumeMode,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				CSI: &v1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: pvc.Namespace + "-" + pvc.Name},
			},
		},
	}
	if reach := p.reach(driver, node); len(reach) > 0 {
		made.Spec.NodeAffinity = &v1.VolumeNodeAffinity{Required: &v1.NodeSelector{
			NodeSelectorTerms: []v1.NodeSelectorTerm{{MatchExpressions: reach}},
		}}
	}
	return made
}

func (p *provisioner) reach(driver, node string) []v1.NodeSelectorRequirement {
	var reach []v1.NodeSelectorRequirement
	if p.drivers[node] == nil || p.nodes[node] == nil {
		return nil
	}
	for _, reported := range p.drivers[node].Spec.Drivers {
		for _, topology := range reported.TopologyKeys {
			value, labelled := p.nodes[node].Labels[topology]
			if reported.Name == driver && labelled {
				reach = append(reach, v1.NodeSelectorRequirement{
					Key: topology, Operator: v1.NodeSelectorOpIn, Values: []string{value},
				})
			}
		}
	}
	return reach
}

// bound is whether every claim of a pod is bound in the store.
func (c *cluster) bound(pod *v1.Pod) bool {
	for i := range pod.Spec.Volumes {
		used := &pod.Spec.Volumes[i]
		name := ""
		switch {
		case used.PersistentVolumeClaim != nil:
			name = used.PersistentVolumeClaim.ClaimName
		case used.Ephemeral != nil:
			name = ephemeral.VolumeClaimName(pod, used)
		default:
			continue
		}
		pvc, known := c.store.get("persistentvolumeclaims", path(pod.Namespace, name)).(*v1.PersistentVolumeClaim)
		if known && (pvc.Spec.VolumeName == "" || !metav1.HasAnnotation(pvc.ObjectMeta, volume.AnnBindCompleted)) {
			return false
		}
	}
	return true
}
