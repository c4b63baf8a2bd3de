variable "environment" {
  type = string
  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod."
  }
}

variable "region" {
  type = string
}

variable "zones" {
  type = list(string)
}

variable "cidr" {
  type = string
}

variable "nat_per_zone" {
  type = bool
  validation {
    condition     = var.environment != "prod" || var.nat_per_zone
    error_message = "prod needs a NAT gateway in each zone."
  }
}

variable "kubernetes_version" {
  type = string
}

variable "admins" {
  description = "ARNs of roles that may do everything in the cluster."
  type        = set(string)
}

variable "viewers" {
  type    = set(string)
  default = []
}

variable "kafka" {
  type = object({ version = string, instance_type = string, volume_gib = number })
}

variable "postgres" {
  type = object({
    version     = string
    capacity    = object({ min = number, max = number })
    readers     = number
    backup_days = number
  })
  validation {
    condition     = var.environment != "prod" || (var.postgres.readers >= 1 && var.postgres.backup_days >= 14)
    error_message = "prod needs a reader that can take over, and backups of 14 days or more."
  }
}

variable "passwords" {
  description = "By secret. Made anew for every run; written only where there is none yet, or `password_generation` was raised."
  type        = map(string)
  ephemeral   = true
  sensitive   = true
}

variable "password_generation" {
  type    = number
  default = 1
}
