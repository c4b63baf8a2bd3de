Feature: How an order can end early
  A pending or an approved order can be canceled; a ready one is canceled by writing its invoice off. Whatever was done
  for it is given back.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the customer "Ada" with 100.00 authorized

  Scenario: A pending order is canceled
    Given customers does not work
    And Ada checks out 1 "Bottle"
    And the order is pending
    When Ada cancels the order
    And customers works again
    Then the order is canceled
    And its creation was taken back
    And the payment is authorized
    And the customer was told: canceled, created

  Scenario: An approved order is canceled
    Given Ada checks out 1 "Bottle"
    And the order is approved
    When Ada cancels the order
    Then the order is canceled
    And the shopping list is canceled
    And the payment is released
    And search shows it as canceled
    And the customer was told: canceled, created

  Scenario: An operator cancels the shopping list
    Given Ada checks out 1 "Bottle"
    And the order is approved
    When an operator cancels the shopping list
    Then the order is canceled
    And the payment is released
    And the customer was told: canceled, created

  Scenario: The invoice of a ready order is written off
    Given Ada checks out 1 "Bottle"
    And a bot collects its goods
    And the order is ready
    And there is an invoice over 12.25
    When an operator writes the invoice off
    Then the order is canceled
    And the shopping list is returned
    And the payment is released
    And the customer was told: canceled, created, ready
    And Ada cannot cancel the order because "the order is canceled"

  Scenario: A ready order is canceled by its invoice only
    Given Ada checks out 1 "Bottle"
    And a bot collects its goods
    And the order is ready
    Then Ada cannot cancel the order because "cancel its invoice instead"

  Scenario: A rejected order stays
    Given Ada has filled a basket with 1 "Bottle"
    And an operator disables Ada
    And Ada checks out that basket
    And the order is rejected
    Then Ada cannot cancel the order because "the order is rejected"

  Scenario: A completed order stays
    Given Ada checks out 1 "Bottle"
    And a bot collects its goods
    And there is an invoice over 12.25
    And Ada pays the invoice
    And the order is completed
    Then Ada cannot cancel the order because "the order is completed"
