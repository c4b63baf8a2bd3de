Feature: News that lag behind
  Baskets and depot remember what stores has told. They ask about what they have not heard of; what an owner has answered
  is never replaced by older news; and who has heard of everything needs nobody.

  Background:
    Given the store "Grape Expectations" sells "Bottle" for 12.25
    And the customer "Ada" with 100.00 authorized

  Scenario: A product that nobody has heard of is asked for
    Given the news of stores do not arrive
    And the store "Pop-up" sells "Lamp" for 30.00
    And Ada has filled a basket with 1 "Lamp"
    Then the basket shows "Lamp" for 30.00, now for 30.00
    When Ada checks out that basket
    Then the order is approved
    And its total is 30.00

  Scenario: What an owner has said is not replaced by older news
    Given the news of stores do not arrive
    And the store "Pop-up" sells "Lamp" for 30.00
    And the store raises the price of "Lamp" to 35.00
    And Ada has filled a basket with 1 "Lamp"
    When the news of stores arrive
    Then the basket shows "Lamp" for 35.00, now for 35.00, as long as baskets hears from stores
    When Ada checks out that basket
    Then the order is approved
    And its total is 35.00

  Scenario: A price that baskets has not heard of does not count
    Given Ada has filled a basket with 1 "Bottle"
    And the news of stores do not arrive
    And the store raises the price of "Bottle" to 20.00
    When Ada checks out that basket
    Then the order is approved
    And its total is 12.25

  Scenario: A store that has come back is asked before its goods are refused
    Given "Grape Expectations" leaves the mall
    And everybody has heard from stores
    And the news of stores do not arrive
    And "Grape Expectations" comes back
    And Ada has filled a basket with 1 "Bottle"
    When Ada checks out that basket
    Then the order is approved

  Scenario: Who has heard of everything needs nobody
    Given Ada has filled a basket with 1 "Bottle"
    And stores does not work
    When Ada checks out that basket
    Then the order is approved
    And its total is 12.25
