# A repository for each image: what has been pushed under a name stays that, and is scanned.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "name" {
  description = "Begins the repositories' names: `<name>/<image>`."
  type        = string
}

variable "images" {
  type = set(string)
}

variable "kept" {
  description = "Images kept of each repository; older ones are removed."
  type        = number
}

variable "deletable" {
  description = "Whether a repository may be deleted with its images."
  type        = bool
}

variable "key_arn" {
  type = string
}

resource "aws_ecr_repository" "this" {
  for_each = var.images

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.deletable

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "the newest ones"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.kept }
      action       = { type = "expire" }
    }]
  })
}

output "registry" {
  description = "What stands before the images' names."
  value       = trimsuffix(values(aws_ecr_repository.this)[0].repository_url, "/${keys(aws_ecr_repository.this)[0]}")
}
