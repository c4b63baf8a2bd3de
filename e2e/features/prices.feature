Feature: Offers that change under a basket
  A basket keeps the price at which something was put into it and shows beside it what the stores ask now. It is not
  checked out before its customer has agreed to what it costs, nor with anything that is not sold any more.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the store "Cheese Louise" sells "Brie" for 4.50
    And the customer "Ada" with 100.00 authorized
    And Ada has filled a basket with 2 "Bottle"

  Scenario: A price rises
    When the store raises the price of "Bottle" to 13.00
    And everybody has heard from stores
    Then the basket shows "Bottle" for 12.25, now for 13.00
    And adding 1 "Bottle" is refused because "the price of Bottle was 12.25 USD and is 13.00 USD"
    And checking out is refused because "accept the new prices first"
    And accepting a total of 24.50 is refused because "total at the present prices is 26.00 USD"
    When Ada accepts a total of 26.00
    And Ada adds 1 "Bottle"
    And Ada checks out that basket
    Then the order is approved
    And its total is 39.00

  Scenario: A price falls
    When the store lowers the price of "Bottle" to 11.00
    And everybody has heard from stores
    Then the basket shows "Bottle" for 12.25, now for 11.00
    And checking out is refused because "accept the new prices first"
    When Ada accepts a total of 22.00
    And Ada checks out that basket
    Then the order is approved
    And its total is 22.00

  Scenario: A price comes back to what it was
    When the store raises the price of "Bottle" to 13.00
    And the store lowers the price of "Bottle" to 12.25
    And everybody has heard from stores
    And Ada checks out that basket
    Then the order is approved
    And its total is 24.50

  Scenario: A product is removed
    Given Ada adds 1 "Brie"
    When the store removes "Bottle"
    And everybody has heard from stores
    Then the basket shows that "Bottle" is not available
    And adding 1 "Bottle" is refused because "Bottle is no longer sold"
    And checking out is refused because "remove it from the basket"
    When Ada takes 2 "Bottle" out
    And Ada checks out that basket
    Then the order is approved
    And its total is 4.50

  Scenario: A store leaves and comes back
    When "Grape Expectations" leaves the mall
    And everybody has heard from stores
    Then the basket shows that "Bottle" is not available
    And adding 1 "Bottle" is refused because "Grape Expectations does not participate"
    And checking out is refused because "leave its products out"
    When "Grape Expectations" comes back
    And Ada checks out that basket
    Then the order is approved
    And its total is 24.50

  Scenario: What was ordered stays ordered, whatever its store does
    Given customers does not work
    And Ada checks out that basket
    And the saga has sent step 1
    When the store raises the price of "Bottle" to 13.00
    And "Grape Expectations" leaves the mall
    And everybody has heard from stores
    And customers works again
    Then the order is approved
    And its total is 24.50
