package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// request is one question: a snapshot, and for replay what is done to it. A bare List is a snapshot too.
type request struct {
	Snapshot *list `json:"snapshot"`
	Plan     plan  `json:"plan"`
	list
}

// list is a Kubernetes List, or a typed one whose items do not repeat their kind.
type list struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Items      []json.RawMessage `json:"items"`
}

// plan is what replay reads of a placewright plan.
type plan struct {
	Bindings  []step `json:"bindings"`
	Evictions []step `json:"evictions"`
}

// step names a pod, under either name that is in use for it, and a node.
type step struct {
	Namespace string `json:"namespace"`
	Agent     string `json:"agent"`
	Name      string `json:"name"`
	Node      string `json:"node"`
}

func (s step) key() string {
	name := s.Agent
	if name == "" {
		name = s.Name
	}
	namespace := s.Namespace
	if namespace == "" {
		namespace = "default"
	}
	return namespace + "/" + name
}

func (r *request) objects() *list {
	if r.Snapshot != nil {
		return r.Snapshot
	}
	return &r.list
}

// source is standard input, or a request made of the named files.
func source(snapshot, plan string) (io.Reader, error) {
	if snapshot == "" {
		return os.Stdin, nil
	}
	objects, err := os.ReadFile(snapshot)
	if err != nil {
		return nil, err
	}
	if plan == "" {
		return strings.NewReader(string(objects)), nil
	}
	steps, err := os.ReadFile(plan)
	if err != nil {
		return nil, err
	}
	return strings.NewReader(fmt.Sprintf(`{"snapshot": %s, "plan": %s}`, objects, steps)), nil
}
