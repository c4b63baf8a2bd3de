plugin "terraform" {
  enabled = true
  preset  = "recommended"
}
# One file for a small module is easier to read than three.
rule "terraform_standard_module_structure" {
  enabled = false
}
