#!/bin/sh
# Carries out one wave of a plan: rebalance-wave.sh PLAN.json NUMBER. Needs kubectl, jq and rebalance-gate.yaml in the cluster.
# Agents are evicted through the API; each replacement is gated until it may go to its target, and nowhere else.
# Ends at the first eviction that is refused: the cluster has changed, a new plan is needed.
set -eu
plan=$1 number=$2
gate=placewright.io/rebalance label=placewright.io/rebalancing
wave=$(jq -ce --argjson n "$number" '.waves[] | select(.number == $n)' "$plan")

if printf '%s' "$wave" | jq -e 'any(.moves[]; .discipline != "evict-then-bind")
    or any(.bindings[]; .nodeSelector == {} or .owner == "")' >/dev/null; then
  echo "only evict-then-bind, and targets that have a host name of their own" >&2
  exit 2
fi

kubectl get mutatingadmissionpolicybinding placewright-rebalance >/dev/null || {
  echo "kubectl apply -f docs/rebalance-gate.yaml comes first: without it replacements go anywhere" >&2
  exit 2
}

namespaces=$(printf '%s' "$wave" | jq -r '[.moves[].namespace] | unique[]')

gated() { # NAMESPACE: its pods that are gated
  kubectl get pods --namespace "$1" --output json |
    jq -c --arg gate "$gate" '.items[] | select(any(.spec.schedulingGates[]?; .name == $gate))'
}

release() { # NAMESPACE, and a pod on stdin: takes the gate off
  pod=$(cat)
  rest=$(printf '%s' "$pod" | jq -c --arg gate "$gate" '{spec: {schedulingGates: [.spec.schedulingGates[] | select(.name != $gate)]}}')
  kubectl patch pod "$(printf '%s' "$pod" | jq -r .metadata.name)" --namespace "$1" --type merge --patch "$rest"
}

finish() { # whoever else came meanwhile goes where kube-scheduler likes
  for namespace in $namespaces; do
    kubectl label namespace "$namespace" "$label-"
    gated "$namespace" | while read -r pod; do printf '%s' "$pod" | release "$namespace"; done
  done
}
trap finish EXIT
for namespace in $namespaces; do kubectl label namespace "$namespace" "$label=true" --overwrite; done

printf '%s' "$wave" | jq -c '.evictions[]' | while read -r eviction; do
  path=$(printf '%s' "$eviction" | jq -r '"/api/v1/namespaces/\(.metadata.namespace)/pods/\(.metadata.name)/eviction"')
  printf '%s' "$eviction" | kubectl create --raw "$path" --filename -
done

printf '%s' "$wave" | jq -c '.bindings[]' | while read -r binding; do
  namespace=$(printf '%s' "$binding" | jq -r .namespace)
  pod= tries=0
  until [ -n "$pod" ]; do # agents of a controller are alike, except that those of a StatefulSet have names
    pod=$(gated "$namespace" | jq -cn --argjson b "$binding" '
      first(inputs | select(any(.metadata.ownerReferences[]?; "\(.kind)/\(.name)" == $b.owner))
        | select(($b.owner | startswith("StatefulSet/") | not) or .metadata.name == $b.replaces))')
    [ -n "$pod" ] || sleep 1
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { echo "nobody makes $(printf '%s' "$binding" | jq -r .replaces) anew" >&2; exit 1; }
  done
  name=$(printf '%s' "$pod" | jq -r .metadata.name)
  kubectl patch pod "$name" --namespace "$namespace" --type merge \
    --patch "$(printf '%s' "$binding" | jq -c '{spec: {nodeSelector}}')"
  printf '%s' "$pod" | release "$namespace"
  kubectl wait pod "$name" --namespace "$namespace" --for condition=Ready --timeout 10m
done
