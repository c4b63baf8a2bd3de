# Figures and alarms: a Prometheus that AWS runs, which reads every pod of the mall, and a topic for who is on call.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

variable "name" {
  type = string
}

variable "cluster_arn" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "security_group_id" {
  description = "From which pods are reached."
  type        = string
}

variable "scrape_interval" {
  description = "Every reading costs."
  type        = string
  default     = "30s"
}

variable "rules" {
  description = "Rules of Prometheus, YAML."
  type        = string
}

variable "key_arn" {
  type = string
}

variable "log_key_arn" {
  type = string
}

resource "aws_cloudwatch_log_group" "prometheus" {
  name              = "/aws/prometheus/${var.name}"
  retention_in_days = 365
  kms_key_id        = var.log_key_arn
}

resource "aws_prometheus_workspace" "this" {
  alias       = var.name
  kms_key_arn = var.key_arn

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.prometheus.arn}:*"
  }
}

# Reads from inside the network, with nothing of ours to run for it.
resource "aws_prometheus_scraper" "this" {
  alias = var.name

  source {
    eks {
      cluster_arn        = var.cluster_arn
      subnet_ids         = var.subnet_ids
      security_group_ids = [var.security_group_id]
    }
  }

  destination {
    amp {
      workspace_arn = aws_prometheus_workspace.this.arn
    }
  }

  scrape_configuration = yamlencode({
    global = { scrape_interval = var.scrape_interval }
    scrape_configs = [{
      job_name              = "mallbots"
      kubernetes_sd_configs = [{ role = "pod" }]
      relabel_configs = [
        { source_labels = ["__meta_kubernetes_pod_label_app_kubernetes_io_part_of"], regex = "mallbots", action = "keep" },
        { source_labels = ["__meta_kubernetes_pod_container_port_name"], regex = "http|metrics", action = "keep" },
        { source_labels = ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], target_label = "service" },
        { source_labels = ["__meta_kubernetes_pod_name"], target_label = "pod" },
      ]
    }]
  })
}

resource "aws_prometheus_rule_group_namespace" "this" {
  name         = "mallbots"
  workspace_id = aws_prometheus_workspace.this.id
  data         = var.rules
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.key_arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "aps.amazonaws.com" }
      Action    = ["sns:Publish", "sns:GetTopicAttributes"]
      Resource  = aws_sns_topic.alarms.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_prometheus_workspace.this.arn } }
    }]
  })
}

resource "aws_prometheus_alert_manager_definition" "this" {
  workspace_id = aws_prometheus_workspace.this.id
  definition = yamlencode({
    alertmanager_config = yamlencode({
      route = { receiver = "on-call", group_by = ["alertname", "service"] }
      receivers = [{
        name        = "on-call"
        sns_configs = [{ topic_arn = aws_sns_topic.alarms.arn, sigv4 = { region = split(":", aws_sns_topic.alarms.arn)[3] } }]
      }]
    })
  })
}

output "workspace_id" {
  value = aws_prometheus_workspace.this.id
}

output "alarms_arn" {
  value = aws_sns_topic.alarms.arn
}
