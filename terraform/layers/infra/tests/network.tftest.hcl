mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name         = "mallbots-test"
  cidr         = "10.99.0.0/16"
  zones        = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  nat_per_zone = true
  log_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/log"
}

run "nothing_gets_a_public_address" {
  module {
    source = "../../modules/network"
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.private), values(aws_subnet.edge)) : !subnet.map_public_ip_on_launch])
    error_message = "a subnet gives public addresses"
  }
  assert {
    condition     = alltrue([for table in aws_route_table.private : alltrue([for route in table.route : try(length(route.gateway_id), 0) == 0])])
    error_message = "a private subnet has a route to the internet gateway"
  }
  assert {
    condition     = length(distinct([for zone in var.zones : one([for route in aws_route_table.private[zone].route : route.nat_gateway_id])])) == 3
    error_message = "zones share a NAT gateway"
  }
  assert {
    condition     = length(aws_default_security_group.none.ingress) + length(aws_default_security_group.none.egress) == 0
    error_message = "the default group lets something through"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == var.cidr
    error_message = "the endpoints are reached from outside the network"
  }
}

run "who_talks_to_whom_is_logged_and_encrypted" {
  module {
    source = "../../modules/network"
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.log_key_arn
    error_message = "flows are not all logged, or not encrypted"
  }
}

run "subnets_do_not_overlap" {
  module {
    source = "../../modules/network"
  }

  assert {
    condition     = toset([for subnet in aws_subnet.private : subnet.cidr_block]) == toset(["10.99.0.0/20", "10.99.16.0/20", "10.99.32.0/20"])
    error_message = "private subnets are not the first three of sixteen"
  }
  assert {
    condition     = toset([for subnet in aws_subnet.edge : subnet.cidr_block]) == toset(["10.99.240.0/24", "10.99.241.0/24", "10.99.242.0/24"])
    error_message = "edge subnets are not at the end"
  }
}

run "one_nat_gateway_where_that_is_enough" {
  module {
    source = "../../modules/network"
  }
  variables {
    nat_per_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1
    error_message = "there is not one NAT gateway"
  }
}

run "public_addresses_are_refused" {
  command = plan
  module {
    source = "../../modules/network"
  }
  variables {
    cidr = "11.0.0.0/16"
  }
  expect_failures = [var.cidr]
}

run "two_zones_are_refused" {
  command = plan
  module {
    source = "../../modules/network"
  }
  variables {
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1b"]
  }
  expect_failures = [var.zones]
}
