# A key of our own, turned every year.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "name" {
  description = "The key's alias, without `alias/`."
  type        = string
}

variable "purpose" {
  description = "What it encrypts."
  type        = string
}

variable "services" {
  description = "Services of AWS that use it by themselves, as in `logs.eu-central-1.amazonaws.com`."
  type        = list(string)
  default     = []
}

data "aws_caller_identity" "here" {}

locals {
  # The account decides by its own policies who may use the key; services that act for nobody are named.
  account = {
    Sid       = "Account"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.here.account_id}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }
  services = {
    Sid       = "Services"
    Effect    = "Allow"
    Principal = { Service = var.services }
    Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    Resource  = "*"
    Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.here.account_id } }
  }
}

resource "aws_kms_key" "this" {
  description             = var.purpose
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.account], length(var.services) > 0 ? [local.services] : [])
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

output "arn" {
  value = aws_kms_key.this.arn
}
