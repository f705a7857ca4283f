using Switchyard.Server.Importing;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>Values of known settings that Switchyard cannot use: each is refused by name, and the rest is imported.</summary>
public sealed class ImportOddValueTests
{
    [Theory]
    [InlineData("")]
    [InlineData(", custom_llm_provider: azure")]
    public void A_model_in_a_variable_is_refused_and_becomes_no_name_of_a_model(string more)
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            $$"""
            model_list:
              - model_name: a
                litellm_params: { model: os.environ/MODEL_A, api_base: os.environ/BASE_A, api_key: os.environ/KEY_A{{more}} }
              - model_name: b
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY }
            """);

        Assert.DoesNotContain("MODEL_A", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("openai/gpt-4o", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(
            Outcome.Refused, Assert.Single(result.Findings, finding => finding.Setting == "model_list[0].litellm_params.model").Outcome);
    }

    [Fact]
    public void A_limit_in_a_variable_is_imported_and_not_refused_for_having_no_share()
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            """
            model_list:
              - model_name: a
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: os.environ/MOST }
            """);

        Assert.Contains("rpm: \"${MOST}\"", result.Yaml, StringComparison.Ordinal);
        Assert.NotEqual(
            Outcome.Refused, Assert.Single(result.Findings, finding => finding.Setting == "model_list[0].litellm_params.rpm").Outcome);
    }

    [Fact]
    public void A_weight_that_the_strategy_does_not_use_is_refused_and_not_called_exact()
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            """
            model_list:
              - model_name: a
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, weight: 3 }
              - model_name: a
                litellm_params: { model: groq/llama-3.3-70b-versatile, api_key: os.environ/GROQ_API_KEY, weight: 1 }
            router_settings: { routing_strategy: least-busy }
            """);

        Assert.DoesNotContain("weight", result.Yaml, StringComparison.Ordinal);
        Assert.All(
            result.Findings.Where(finding => finding.Setting.EndsWith(".weight", StringComparison.Ordinal)),
            finding => Assert.Equal(Outcome.Refused, finding.Outcome));
    }

    [Fact]
    public void Two_names_that_differ_only_in_case_are_one_alias_and_that_is_said()
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            """
            model_list:
              - model_name: fast
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY }
              - model_name: Fast
                litellm_params: { model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY }
            """);

        Assert.Equal(
            [("model_list[0].model_name", Outcome.Exact), ("model_list[1].model_name", Outcome.Approximated)],
            result.Findings.Where(finding => finding.Setting.EndsWith(".model_name", StringComparison.Ordinal))
                .Select(finding => (finding.Setting, finding.Outcome)).Order());
    }

    [Fact]
    public void A_number_of_days_longer_than_any_is_refused()
    {
        var result = ImportExample.Run(
            ImportExample.Of("bifrost"),
            """
            {
              "providers": { "openai": { "keys": [ { "value": "env.OPENAI_API_KEY", "weight": 1 } ] } },
              "client": { "log_retention_days": 99999999 },
              "logs_store": { "enabled": true, "type": "sqlite" }
            }
            """);

        Assert.Equal(
            Outcome.Refused, Assert.Single(result.Findings, finding => finding.Setting == "client.log_retention_days").Outcome);
    }

    [Theory]
    [InlineData("999999y")]
    [InlineData("999999mo")]
    public void A_period_longer_than_any_is_refused(string period)
    {
        var result = ImportExample.Run(
            ImportExample.Of("litellm"),
            $$"""
            model_list:
              - model_name: b
                litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY }
            litellm_settings: { max_budget: 5, budget_duration: {{period}} }
            """);

        Assert.Equal(
            Outcome.Refused, Assert.Single(result.Findings, finding => finding.Setting == "litellm_settings.budget_duration").Outcome);
    }
}
