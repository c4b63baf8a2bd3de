# Passwords. They come in as ephemeral values and leave as write-only ones: neither a plan nor a state ever has them.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "secrets" {
  description = "Names, and what is in them but for the passwords: JSON in which `PASSWORD` stands for the secret's own."
  type        = map(string)
}

variable "passwords" {
  description = "A password for each secret."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[A-Za-z0-9]{24,64}$", var.passwords[name]))])
    error_message = "passwords needs 24 to 64 letters and digits for each secret: some stand in addresses."
  }
}

variable "generation" {
  description = "Raise it to write all passwords anew; until then new values are ignored."
  type        = number
}

variable "deletable" {
  description = "Whether a deleted secret is gone at once, without 30 days to think it over."
  type        = bool
}

variable "key_arn" {
  type = string
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:the passwords are of databases and brokers that only a deployment can tell: raise `generation`
  for_each = var.secrets

  name                    = each.key
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.deletable ? 0 : 30
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = var.secrets

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = replace(each.value, "PASSWORD", var.passwords[each.key])
  secret_string_wo_version = var.generation
}

output "arns" {
  description = "ARNs by name, of secrets that have a value."
  value       = { for name, version in aws_secretsmanager_secret_version.this : name => version.arn }
}
