typedef int mpc_layer_is_empty;
