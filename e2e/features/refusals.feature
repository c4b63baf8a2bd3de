Feature: Why an order is not taken
  A checkout is acknowledged at once; whether the order is taken, the services decide one after the other. If one of them
  refuses, all is given back and the order is rejected, with the reason.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the customer "Ada" with 100.00 authorized

  Scenario: A product is removed before its shopping list is made
    Given customers does not work
    And Ada checks out 1 "Bottle"
    And the saga has sent step 1
    When the store removes "Bottle"
    And everybody has heard from stores
    And customers works again
    Then the order is rejected because "Bottle is not sold any more"
    And its creation was taken back
    And the payment is authorized
    And there is no shopping list
    And the customer was told: created, rejected

  Scenario: The payment is voided meanwhile
    Given customers does not work
    And Ada checks out 1 "Bottle"
    And the saga has sent step 1
    When Ada voids the payment
    And customers works again
    Then the order is rejected because "the payment is voided"
    And its creation was taken back
    And the payment is voided
    And the shopping list is canceled

  Scenario: The payment is too small
    When an operator orders 9 "Bottle" for Ada
    Then the order is rejected because "110.25 USD is more than the authorized 100.00 USD"
    And its creation was taken back
    And the payment is authorized
    And the shopping list is canceled

  Scenario: The payment is another customer's
    Given Ada means to pay with 100.00 that "Bob" has authorized
    When an operator orders 1 "Bottle" for Ada
    Then the order is rejected because "the payment is not one of customer"
    And its creation was taken back
    And the payment is authorized
    And the shopping list is canceled

  Scenario: Another order was faster
    Given payments does not work
    And Ada checks out 1 "Bottle"
    And the saga has sent step 3
    And Ada checks out 2 "Bottle"
    And the saga has sent step 3
    When payments works again
    Then one of both orders is approved, the other is rejected because "the payment is confirmed, not authorized"
    And its creation was taken back
    And the payment is confirmed
    And the shopping list is canceled
