Feature: One order, from the basket to the end
  A customer fills a basket and pays, a bot collects the goods, the customer fetches them and pays the invoice.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the store "Cheese Louise" sells "Brie" for 4.50
    And the customer "Ada" with 100.00 authorized

  Scenario: An order is completed
    When Ada checks out 2 "Bottle" and 3 "Brie"
    Then the order is approved
    And its total is 38.00
    When a bot collects its goods
    Then the order is ready
    And there is an invoice over 38.00
    When Ada pays the invoice
    Then the order is completed
    And the payment is captured
    And search shows it as completed, for "Ada", with "Bottle" from "Grape Expectations" and "Brie" from "Cheese Louise"
    And the customer was told: completed, created, ready

  Scenario: A repeated checkout is the same order
    When Ada checks out 1 "Bottle"
    And Ada checks out the same basket again
    Then both answers name the same order
    And the order is approved
    And there is one order of this basket

  Scenario: The order of a disabled customer is rejected
    Given Ada has filled a basket with 1 "Bottle"
    And an operator disables Ada
    When Ada checks out that basket
    Then the order is rejected because "disabled"
    And the payment is authorized
    And there is no shopping list
    And search shows it as rejected
    And the customer was told: created, rejected
