# The rules that come with tflint. There is no plugin for Yandex Cloud: what a value may be, variables check themselves.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Modules are taken by path: they are of one version, that of the repository.
rule "terraform_module_pinned_source" {
  enabled = false
}

# One topic a file (kms.tf, access.tf, ...), so that there is no main.tf.
rule "terraform_standard_module_structure" {
  enabled = false
}
