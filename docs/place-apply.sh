#!/bin/sh
# Carries out a plan of `placewright place -o json`: place-apply.sh PLAN.json. Needs kubectl and jq.
# Who must leave is evicted through the API, and gone, before anybody is bound. Ends at the first eviction that is
# refused: the cluster has changed, a new plan is needed, and nobody has been bound.
set -eu
plan=$1
patience=${PATIENCE:-300} # seconds for each evicted agent to be gone

jq -c '.evictions[]' "$plan" | while read -r eviction; do
  path=$(printf '%s' "$eviction" | jq -r '"/api/v1/namespaces/\(.namespace)/pods/\(.agent)/eviction"')
  printf '%s' "$eviction" | jq -c '
    {apiVersion: "policy/v1", kind: "Eviction", metadata: {namespace, name: .agent}}
    + if .uid == "" then {} else {deleteOptions: {preconditions: {uid}}} end' |
    kubectl create --raw "$path" --filename -
done

jq -c '.evictions[]' "$plan" | while read -r eviction; do
  namespace=$(printf '%s' "$eviction" | jq -r .namespace) agent=$(printf '%s' "$eviction" | jq -r .agent)
  uid=$(printf '%s' "$eviction" | jq -r .uid)
  waited=0
  while # a StatefulSet makes its agent anew under the same name: then it is another one
    there=$(kubectl get pod "$agent" --namespace "$namespace" --ignore-not-found --output 'jsonpath={.metadata.uid}')
    [ -n "$there" ] && { [ -z "$uid" ] || [ "$there" = "$uid" ]; }
  do
    [ "$waited" -lt "$patience" ] || { echo "$namespace/$agent was evicted and is still there" >&2; exit 1; }
    waited=$((waited + 1))
    sleep 1
  done
done

jq -c '.volumeBindings[]' "$plan" | while read -r choice; do # as kube-scheduler tells the volume controller
  kubectl patch pvc "$(printf '%s' "$choice" | jq -r .claim)" --namespace "$(printf '%s' "$choice" | jq -r .namespace)" \
    --type merge --patch "$(printf '%s' "$choice" | jq -c '
      if .volume == "" then {metadata: {annotations: {"volume.kubernetes.io/selected-node": .node}}}
      else {spec: {volumeName: .volume}} end')"
done

jq -c '
  [.evictions[] | "\(.namespace)/\(.agent)"] as $evicted # who leaves and comes back is made anew by its controller
  | .bindings[] | select("\(.namespace)/\(.agent)" | IN($evicted[]) | not)
  | {apiVersion: "v1", kind: "Binding", target: {apiVersion: "v1", kind: "Node", name: .node},
     metadata: ({namespace, name: .agent} + if .uid == "" then {} else {uid} end
       + if .devices == [] then {}
         else {annotations: {"placewright.io/device-ids": ([.devices[].ids[]] | tojson)}} end)}' "$plan" | {
  refused=0
  while read -r binding; do # not to where `kubectl create -f` would post it: there the uid is lost
    path=$(printf '%s' "$binding" | jq -r '"/api/v1/namespaces/\(.metadata.namespace)/pods/\(.metadata.name)/binding"')
    printf '%s' "$binding" | kubectl create --raw "$path" --filename - || refused=$((refused + 1))
  done
  [ "$refused" -eq 0 ] || { echo "bindings refused: $refused" >&2; exit 1; }
}
