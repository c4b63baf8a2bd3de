mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  environment = "dev"
  region      = "eu-central-1"
  infra = {
    name    = "mallbots-dev"
    cluster = { name = "mallbots-dev", arn = "arn:aws:eks:eu-central-1:123456789012:cluster/mallbots-dev", security_group_id = "sg-nodes" }
    network = { private_subnet_ids = ["subnet-1", "subnet-2", "subnet-3"] }
    keys    = { data = "arn:aws:kms:eu-central-1:123456789012:key/data", logs = "arn:aws:kms:eu-central-1:123456789012:key/log" }
  }
}

run "the_cluster_brings_what_the_chart_needs" {
  assert {
    condition     = toset(keys(aws_eks_addon.this)) == toset(["aws-secrets-store-csi-driver-provider", "cert-manager", "metrics-server"])
    error_message = "an add-on is missing"
  }
  assert {
    condition     = jsondecode(aws_eks_addon.this["aws-secrets-store-csi-driver-provider"].configuration_values)["secrets-store-csi-driver"].syncSecret.enabled
    error_message = "who measures lag gets no password"
  }
}

run "alerts_know_the_topology" {
  assert {
    condition     = toset([for rule in local.declared.rules : rule.labels.topic if rule.record == "mall:topic:declared"]) == toset([for topic in local.topology.topics : topic.name])
    error_message = "an alert would not know whose topic it is"
  }
  assert {
    condition     = length(flatten([for group in local.alerts.groups : [for rule in group.rules : rule if can(rule.alert)]])) == 10
    error_message = "an alert is missing"
  }
}

run "figures_and_alarms_are_encrypted_and_stay_inside" {
  module {
    source = "../../modules/observability"
  }
  variables {
    name              = "mallbots-test"
    cluster_arn       = "arn:aws:eks:eu-central-1:123456789012:cluster/mallbots-dev"
    subnet_ids        = ["subnet-1", "subnet-2"]
    security_group_id = "sg-nodes"
    rules             = "groups: []"
    key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/data"
    log_key_arn       = "arn:aws:kms:eu-central-1:123456789012:key/log"
  }

  assert {
    condition     = aws_prometheus_workspace.this.kms_key_arn == var.key_arn && aws_sns_topic.alarms.kms_master_key_id == var.key_arn
    error_message = "figures or alarms are not encrypted with our key"
  }
  assert {
    condition     = jsondecode(aws_sns_topic_policy.alarms.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"] == aws_prometheus_workspace.this.arn
    error_message = "others may raise an alarm"
  }
  assert {
    condition     = one([for rule in yamldecode(aws_prometheus_scraper.this.scrape_configuration).scrape_configs[0].relabel_configs : rule.regex if try(rule.action, "") == "keep" && try(rule.regex, "") == "mallbots"]) == "mallbots"
    error_message = "everything is read, not the mall"
  }
}
