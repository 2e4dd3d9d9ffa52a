"""What placewright writes, carried out on a control plane: API server, controllers, kube-scheduler, kubectl."""
