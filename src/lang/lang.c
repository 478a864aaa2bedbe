typedef int lang_layer_is_empty;
