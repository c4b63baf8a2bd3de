Feature: Messages that cross
  Topics are not ordered against each other, and people do not wait for sagas. Whoever comes too early is remembered,
  whoever comes too late finds what was decided.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the customer "Ada" with 100.00 authorized

  Scenario: The bot is faster than the approval
    Given Ada has filled a basket with 1 "Bottle"
    And cosec stops right after it has asked for the shopping to begin
    When a bot collects its goods
    Then ordering knows of the collected goods, but the order is pending
    When cosec works again
    Then the order is ready
    And it was approved and readied at once

  Scenario: The list is canceled before the approval
    Given Ada has filled a basket with 1 "Bottle"
    And cosec stops right after it has asked for the shopping to begin
    When an operator cancels the shopping list
    Then ordering knows of the canceled list, but the order is pending
    When cosec works again
    Then the order is rejected because "list was canceled"
    And the payment is released

  Scenario: An order is canceled while its shopping list is being made
    Given depot does not work
    And Ada checks out 1 "Bottle"
    And the saga has sent step 2
    When Ada cancels the order
    And depot works again
    Then its creation was taken back
    And the order is canceled
    And the shopping list is canceled
    And the payment is authorized

  Scenario: An order is canceled while its payment is being confirmed
    Given payments does not work
    And Ada checks out 1 "Bottle"
    And the saga has sent step 3
    When Ada cancels the order
    And payments works again
    Then its creation was taken back
    And the order is canceled
    And the shopping list is canceled
    And the payment is released

  Scenario: An order is canceled while its shopping is to begin
    Given Ada has filled a basket with 1 "Bottle"
    And depot stops as soon as the payment is confirmed
    When Ada cancels the order
    And depot works again
    Then its creation was taken back
    And the order is canceled
    And the shopping list is canceled
    And the payment is released

  Scenario: An order is canceled while its approval is on its way
    Given Ada has filled a basket with 1 "Bottle"
    And depot stops as soon as the payment is confirmed
    And the news of cosec do not arrive
    When depot works again
    And the saga comes to step 5
    And Ada cancels the order
    And the saga turns back
    And the news of cosec arrive
    Then its creation was taken back
    And the order is canceled
    And the shopping list is canceled
    And the payment is released
