package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/testing"
)

// store is the part of an API server that scheduling changes: pods, claims and volumes, with resource
// versions and watches that never drop an event. The fake client's own tracker has neither: its watches
// panic when a hundred events wait, and without versions the scheduler's assume caches ignore updates.
type store struct {
	mu      sync.Mutex
	version int
	shelves map[string]*shelf

	// changed hears of each pod that is bound or deleted, and of each claim or volume that is written.
	changed func(resource string, object runtime.Object, gone bool)
}

// shelf holds the objects of one resource.
type shelf struct {
	resource schema.GroupResource
	objects  map[string]runtime.Object
	names    []string
	events   *watch.Broadcaster
	watching int
	// last is the version of the newest change.
	last   int
	listOf func() runtime.Object
}

func newStore() *store {
	made := &store{shelves: map[string]*shelf{}}
	for resource, listOf := range map[string]func() runtime.Object{
		"pods":                   func() runtime.Object { return &v1.PodList{} },
		"persistentvolumeclaims": func() runtime.Object { return &v1.PersistentVolumeClaimList{} },
		"persistentvolumes":      func() runtime.Object { return &v1.PersistentVolumeList{} },
	} {
		made.shelves[resource] = &shelf{
			resource: v1.Resource(resource),
			objects:  map[string]runtime.Object{},
			events:   watch.NewLongQueueBroadcaster(1000, watch.WaitIfChannelFull),
			listOf:   listOf,
		}
	}
	return made
}

// shelfOf is the resource that an object is kept under here, or "".
func shelfOf(object runtime.Object) string {
	switch object.(type) {
	case *v1.Pod:
		return "pods"
	case *v1.PersistentVolumeClaim:
		return "persistentvolumeclaims"
	case *v1.PersistentVolume:
		return "persistentvolumes"
	}
	return ""
}

func nameOf(object runtime.Object) string {
	accessor, err := meta.Accessor(object)
	if err != nil {
		panic(err)
	}
	return path(accessor.GetNamespace(), accessor.GetName())
}

func path(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// put stores an object anew or over what is there, and tells the watchers.
func (s *store) put(object runtime.Object) runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.putLocked(object.DeepCopyObject())
}

func (s *store) putLocked(object runtime.Object) runtime.Object {
	s.version++
	accessor, _ := meta.Accessor(object)
	accessor.SetResourceVersion(strconv.Itoa(s.version))
	held, name := s.shelves[shelfOf(object)], nameOf(object)
	event := watch.Modified
	if _, known := held.objects[name]; !known {
		event = watch.Added
		held.names = append(held.names, name)
	}
	held.objects[name] = object
	held.last = s.version
	_ = held.events.Action(event, object)
	return object
}

// get is a copy of an object, or nil.
func (s *store) get(resource, name string) runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	if object, known := s.shelves[resource].objects[name]; known {
		return object.DeepCopyObject()
	}
	return nil
}

// all is every object of a resource as it is now, in the order in which they came.
func (s *store) all(resource string) []runtime.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allLocked(resource)
}

func (s *store) allLocked(resource string) []runtime.Object {
	held := s.shelves[resource]
	found := make([]runtime.Object, 0, len(held.objects))
	for _, name := range held.names {
		if object, known := held.objects[name]; known {
			found = append(found, object)
		}
	}
	return found
}

// changedAt is the version of the newest change of a resource; of anything, where it is "".
func (s *store) changedAt(resource string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if resource == "" {
		return s.version
	}
	return s.shelves[resource].last
}

func (s *store) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, held := range s.shelves {
		if held.watching == 0 {
			return false
		}
	}
	return true
}

// serve answers a fake client's calls for what is kept here.
func (s *store) serve(client *fake.Clientset) {
	for resource := range s.shelves {
		client.PrependReactor("*", resource, s.react)
		client.PrependWatchReactor(resource, s.watch)
	}
}

// stop ends the watches.
func (s *store) stop(ctx context.Context) {
	<-ctx.Done()
	for _, held := range s.shelves {
		held.events.Shutdown()
	}
}

func (s *store) watch(action testing.Action) (bool, watch.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.shelves[action.GetResource().Resource]
	watcher, err := held.events.Watch()
	held.watching++
	return true, watcher, err
}

func (s *store) react(action testing.Action) (bool, runtime.Object, error) {
	resource := action.GetResource().Resource
	switch typed := action.(type) {
	case testing.ListAction:
		found, err := s.list(resource)
		return true, found, err
	case testing.PatchAction:
		found, err := s.patch(resource, path(typed.GetNamespace(), typed.GetName()), typed.GetPatch())
		return true, found, err
	case testing.UpdateActionImpl:
		stored := s.put(typed.GetObject())
		s.tell(resource, stored, false)
		return true, s.get(resource, nameOf(stored)), nil
	case testing.CreateActionImpl:
		if binding, bound := typed.GetObject().(*v1.Binding); bound {
			return true, binding, s.bind(binding)
		}
		return true, s.put(typed.GetObject()), nil
	case testing.DeleteActionImpl:
		return true, nil, s.remove(resource, path(typed.GetNamespace(), typed.GetName()))
	case testing.GetAction:
		if found := s.get(resource, path(typed.GetNamespace(), typed.GetName())); found != nil {
			return true, found, nil
		}
		return true, nil, apierrors.NewNotFound(s.shelves[resource].resource, typed.GetName())
	}
	return true, nil, fmt.Errorf("%s of %s is not served here", action.GetVerb(), resource)
}

func (s *store) tell(resource string, object runtime.Object, gone bool) {
	if s.changed != nil {
		s.changed(resource, object, gone)
	}
}

func (s *store) list(resource string) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.shelves[resource].listOf()
	if err := meta.SetList(found, s.allLocked(resource)); err != nil {
		return nil, err
	}
	accessor, err := meta.ListAccessor(found)
	if err != nil {
		return nil, err
	}
	accessor.SetResourceVersion(strconv.Itoa(s.version))
	return found, nil
}

// bind is the pods/binding subresource.
func (s *store) bind(binding *v1.Binding) error {
	s.mu.Lock()
	name := path(binding.Namespace, binding.Name)
	known, there := s.shelves["pods"].objects[name].(*v1.Pod)
	if !there {
		s.mu.Unlock()
		return apierrors.NewNotFound(v1.Resource("pods"), binding.Name)
	}
	if known.Spec.NodeName != "" || known.DeletionTimestamp != nil {
		s.mu.Unlock()
		return apierrors.NewConflict(v1.Resource("pods"), binding.Name, fmt.Errorf("pod is assigned or deleted"))
	}
	bound := known.DeepCopy()
	bound.Spec.NodeName = binding.Target.Name
	bound.Status.Conditions = append(bound.Status.Conditions, v1.PodCondition{
		Type: v1.PodScheduled, Status: v1.ConditionTrue, LastTransitionTime: metav1.Now(),
	})
	s.putLocked(bound)
	s.mu.Unlock()
	s.tell("pods", bound, false)
	return nil
}

func (s *store) patch(resource, name string, patch []byte) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, there := s.shelves[resource].objects[name]
	if !there {
		return nil, apierrors.NewNotFound(s.shelves[resource].resource, name)
	}
	before, err := json.Marshal(known)
	if err != nil {
		return nil, err
	}
	if _, isPod := known.(*v1.Pod); !isPod {
		return nil, fmt.Errorf("patching %s is not served here", resource)
	}
	after, err := strategicpatch.StrategicMergePatch(before, patch, v1.Pod{})
	if err != nil {
		return nil, err
	}
	patched := &v1.Pod{}
	if err := json.Unmarshal(after, patched); err != nil {
		return nil, err
	}
	return s.putLocked(patched), nil
}

// remove deletes at once: there is no kubelet here that would take its grace period.
func (s *store) remove(resource, name string) error {
	s.mu.Lock()
	held := s.shelves[resource]
	known, there := held.objects[name]
	if !there {
		s.mu.Unlock()
		return apierrors.NewNotFound(held.resource, name)
	}
	s.version++
	gone := known.DeepCopyObject()
	accessor, _ := meta.Accessor(gone)
	accessor.SetResourceVersion(strconv.Itoa(s.version))
	delete(held.objects, name)
	held.last = s.version
	_ = held.events.Action(watch.Deleted, gone)
	s.mu.Unlock()
	s.tell(resource, gone, true)
	return nil
}
