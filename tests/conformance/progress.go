package main

import (
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/cache"
)

// followed is an informer that knows how far each of its handlers has come. The scheduler's volume binder
// keeps caches of its own behind handlers that nobody else can wait for; a step of a replay must.
type followed struct {
	cache.SharedIndexInformer
	mu            sync.Mutex
	handlers      []*progress
	registrations []cache.ResourceEventHandlerRegistration
}

// progress passes events on and remembers the newest version that its handler is done with.
type progress struct {
	cache.ResourceEventHandler
	mu   sync.Mutex
	seen int
}

func (f *followed) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	watched := &progress{ResourceEventHandler: handler}
	registration, err := f.SharedIndexInformer.AddEventHandler(watched)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers = append(f.handlers, watched)
	f.registrations = append(f.registrations, registration)
	return registration, err
}

// caughtUp is whether every handler has had the initial list, and all changes up to a version that this
// informer's resource was last changed at.
func (f *followed) caughtUp(version int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, handler := range f.handlers {
		if !f.registrations[i].HasSynced() || handler.newest() < version {
			return false
		}
	}
	return true
}

func (p *progress) newest() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

func (p *progress) note(object any) {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return
	}
	version, err := strconv.Atoi(accessor.GetResourceVersion())
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = max(p.seen, version)
}

func (p *progress) OnAdd(object any, initial bool) {
	p.ResourceEventHandler.OnAdd(object, initial)
	p.note(object)
}

func (p *progress) OnUpdate(before, after any) {
	p.ResourceEventHandler.OnUpdate(before, after)
	p.note(after)
}

func (p *progress) OnDelete(object any) {
	p.ResourceEventHandler.OnDelete(object)
	p.note(object)
}

// eventually polls until a condition holds; false when it never did.
func eventually(limit time.Duration, holds func() bool) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if holds() {
			return true
		}
	}
	return holds()
}
