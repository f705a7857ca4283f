using Switchyard.Server.Importing;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Importing;

/// <summary>Settings as public configurations of the other products have them.</summary>
public sealed class ImportFieldTests
{
    [Theory]
    [InlineData("ollama/llama3", "os.environ/BASE", "\"${BASE}/api\"", "/api is appended")]
    [InlineData("anthropic/claude-sonnet-4-5", "os.environ/BASE", "\"${BASE}/v1\"", "/v1 is appended")]
    [InlineData("groq/llama-3.3-70b-versatile", "os.environ/BASE", "\"${BASE}\"", null)]
    [InlineData("ollama/llama3", "http://host:11434", "\"http://host:11434/api\"", "ends with its version")]
    [InlineData("ollama/llama3", "http://host/models/", "\"http://host/models/api\"", "ends with its version")]
    [InlineData(
        "anthropic/any", "https://it.services.ai.azure.com/anthropic", "\"https://it.services.ai.azure.com/anthropic/v1\"",
        "ends with its version")]
    [InlineData("anthropic/any", "https://host/anthropic/v1/messages", "\"https://host/anthropic/v1\"", "ends with its version")]
    [InlineData("anthropic/any", "https://host/v1/", "\"https://host/v1\"", null)]
    public void An_address_of_LiteLLM_gets_the_path_that_LiteLLM_appends(string model, string address, string written, string? why)
    {
        var result = LiteLlm(
            $"model_list: [ {{ model_name: a, litellm_params: {{ model: {model}, api_base: \"{address}\", api_key: k }} }} ]");

        Assert.Contains($"base_url: {written}\n", result.Yaml, StringComparison.Ordinal);
        var found = Of(result, "model_list[0].litellm_params.api_base");
        Assert.Equal(why is null ? Outcome.Exact : Outcome.Approximated, found.Outcome);
        Assert.Contains(why ?? "", found.Reason ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "bifrost", """{ "providers": { "ollama": { "keys": [], "network_config": { "base_url": "env.BASE" } } } }""", "${BASE}/api")]
    [InlineData(
        "bifrost", """{ "providers": { "openai": { "keys": [], "network_config": { "base_url": "env.BASE" } } } }""", "${BASE}/v1")]
    [InlineData("portkey", """{ "provider": "ollama", "custom_host": "${BASE}" }""", "${BASE}/api")]
    [InlineData("portkey", """{ "provider": "groq", "custom_host": "${BASE}", "api_key": "k" }""", "${BASE}")]
    public void So_does_an_address_of_the_others_that_a_variable_holds(string product, string text, string written)
    {
        var result = ImportExample.Run(ImportExample.Of(product), text);

        Assert.Contains($"base_url: \"{written}\"\n", result.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("anthropic", "https://h", "dialect: anthropic-messages", "https://h/v1")]
    [InlineData("gemini", "https://h", "dialect: gemini", "https://h/v1beta")]
    [InlineData("cohere", "https://h/", "dialect: cohere", "https://h/v2")]
    [InlineData("openai", "https://h", "type: custom", "https://h/v1")]
    public void A_custom_provider_of_Bifrost_without_a_key_keeps_its_format_and_its_path(
        string kind, string address, string format, string written)
    {
        var result = ImportExample.Run(
            ImportExample.Of("bifrost"),
            $$"""
            { "providers": { "mine": { "keys": [], "network_config": { "base_url": "{{address}}" },
              "custom_provider_config": { "base_provider_type": "{{kind}}", "is_key_less": true } } } }
            """);

        Assert.Contains("type: custom\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains($"{format}\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains($"base_url: \"{written}\"\n", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(Outcome.Exact, Of(result, "providers.mine.custom_provider_config.base_provider_type").Outcome);
    }

    [Theory]
    [InlineData("1M", false, "month", "a month of the calendar")]
    [InlineData("1d", false, "1d", "a sliding window")]
    [InlineData("1M", true, "month", null)]
    [InlineData("1w", true, "week", null)]
    public void The_period_of_a_budget_of_Bifrost_is_said_to_be_what_it_becomes(string text, bool isAligned, string written, string? why)
    {
        var result = ImportExample.Run(
            ImportExample.Of("bifrost"),
            $$"""
            { "providers": { "openai": { "keys": [ { "value": "env.K" } ] } },
              "governance": { "virtual_keys": [ { "id": "1", "name": "a", "value": "sk-bf-aaaaaaaaaaaaaaaaaaaa", "budget_id": "b" } ],
              "budgets": [ { "id": "b", "max_limit": 1, "reset_duration": "{{text}}",
                "calendar_aligned": {{(isAligned ? "true" : "false")}} } ] } }
            """);

        Assert.Contains($"period: {written}\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains(why ?? "", Of(result, "governance.budgets[0].reset_duration").Reason ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_URL_of_a_deployment_of_Azure_gives_its_host_deployment_and_version()
    {
        var result = LiteLlm(
            """
            model_list:
              - model_name: a
                litellm_params:
                  model: azure/o1
                  api_base: https://it.openai.azure.com/openai/deployments/mine/chat/completions?api-version=2025-01-01-preview
                  api_key: k
            """);

        Assert.Contains("endpoint: \"https://it.openai.azure.com\"\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("api_version: 2025-01-01-preview\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("targets: [ azure-openai-deployments/mine ]\n", result.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://it.openai.azure.com/openai/", "https://it.openai.azure.com", false)]
    [InlineData("https://gateway.example/azure/", "https://gateway.example/azure", true)]
    [InlineData("https://gateway.example/azure/openai/deployments/a?x=1", "https://gateway.example/azure", false)]
    public void The_path_of_a_gateway_in_front_of_Azure_is_kept(string address, string endpoint, bool isExact)
    {
        var result = LiteLlm(
            $"model_list: [ {{ model_name: a, litellm_params: {{ model: azure/a, api_base: \"{address}\", api_key: k }} }} ]");

        Assert.Contains($"endpoint: \"{endpoint}\"\n", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(
            isExact ? Outcome.Exact : Outcome.Approximated, Of(result, "model_list[0].litellm_params.api_base").Outcome);
    }

    [Fact]
    public void A_bare_name_of_Gemini_with_a_project_is_a_model_of_Vertex_AI()
    {
        var result = LiteLlm(
            "model_list: [ { model_name: a, litellm_params: { model: gemini-2.0-flash, vertex_project: p, vertex_location: global } } ]");

        Assert.Contains("targets: [ google-vertex/gemini-2.0-flash ]\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("project: p\n", result.Yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void All_models_of_LiteLLM_are_the_providers_whose_key_is_in_the_environment()
    {
        var result = LiteLlm("model_list: [ { model_name: \"*\", litellm_params: { model: \"*\" } } ]");

        Assert.Contains("auto_enable: true\n", result.Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Findings, finding => finding.Outcome == Outcome.Refused);
    }

    [Theory]
    [InlineData("claude-*", "anthropic/claude-*", true)]
    [InlineData("anthropic/claude-*", "anthropic/claude-*", true)]
    [InlineData("claude-*", "openai/claude-*", false)]
    [InlineData("claude-*", "anthropic/*", false)]
    [InlineData("team-*", "anthropic/team-*", false)]
    public void A_pattern_of_names_becomes_the_provider_if_these_names_go_to_it(string name, string model, bool isImported)
    {
        var result = LiteLlm($"model_list: [ {{ model_name: \"{name}\", litellm_params: {{ model: \"{model}\", api_key: k }} }} ]");

        Assert.Equal(isImported, result.Yaml.Contains("providers:", StringComparison.Ordinal));
        Assert.Equal(
            isImported ? Outcome.Approximated : Outcome.Refused, Of(result, "model_list[0].litellm_params.model").Outcome);
    }

    [Fact]
    public void Fallbacks_and_further_names_may_name_what_only_a_wildcard_provides()
    {
        var result = LiteLlm(
            """
            model_list:
              - model_name: "openai/*"
                litellm_params: { model: "openai/*", api_key: os.environ/OPENAI_API_KEY }
              - model_name: careful
                litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY }
            router_settings:
              fallbacks: [ { careful: [ "openai/gpt-4o" ] }, { "openai/gpt-4o-mini": [ careful, "groq/any" ] }, { other: [ careful ] } ]
              model_group_alias: { gpt-4: "openai/gpt-4o" }
            """);

        Assert.Contains("fallback: [ openai/gpt-4o ]\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains(
            "  openai/gpt-4o-mini:\n    targets: [ openai/gpt-4o-mini ]\n    fallback: [ anthropic/claude-sonnet-4-5 ]\n", result.Yaml,
            StringComparison.Ordinal);
        Assert.Contains("  gpt-4:\n    targets: [ openai/gpt-4o ]\n", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(
            ["router_settings.fallbacks[1].openai/gpt-4o-mini[1]", "router_settings.fallbacks[2].other[0]"],
            result.Findings.Where(finding => finding.Outcome == Outcome.Refused).Select(finding => finding.Setting));
    }

    [Fact]
    public void A_pattern_in_a_fallback_is_no_model()
    {
        var result = LiteLlm(
            """
            model_list:
              - model_name: "openai/*"
                litellm_params: { model: "openai/*", api_key: os.environ/OPENAI_API_KEY }
              - model_name: careful
                litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY }
            router_settings:
              fallbacks: [ { "openai/*": [ careful ] }, { careful: [ "openai/*" ] } ]
            """);

        Assert.DoesNotContain("openai/*", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(2, result.Findings.Count(finding => finding.Outcome == Outcome.Refused));
    }

    [Theory]
    [InlineData("litellm_settings: { max_budget: 5 }", "budgets:\n  total:\n    usd: 5\n    period: lifetime\n")]
    [InlineData("litellm_settings: { max_budget: 5, budget_duration: 1mo }", "budgets:\n  total:\n    usd: 5\n    period: month\n")]
    [InlineData(
        "litellm_settings: { max_end_user_budget: 2 }", "budgets:\n  end-users:\n    usd: 2\n    per: end_user\n    period: lifetime\n")]
    public void A_budget_that_LiteLLM_never_resets_is_one_for_a_lifetime(string settings, string written) =>
        Assert.Contains(written, LiteLlm(OneModel("") + settings).Yaml, StringComparison.Ordinal);

    [Fact]
    public void A_budget_of_a_deployment_is_one_of_its_model()
    {
        var result = LiteLlm(OneModel(", max_budget: 0.5, budget_duration: 1d"));

        Assert.Contains(
            "budgets:\n  openai-gpt-4o:\n    usd: 0.5\n    model: openai/gpt-4o\n    period: day\n", result.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(", budget_duration: 1d", "budget_duration")]
    [InlineData("", "max_budget")]
    public void Another_period_of_the_same_budget_is_refused(string second, string refused)
    {
        var result = LiteLlm(
            $$"""
            model_list:
              - { model_name: a, litellm_params: { model: openai/gpt-4o, api_key: os.environ/K, max_budget: 5, budget_duration: 1mo } }
              - { model_name: b, litellm_params: { model: openai/gpt-4o, api_key: os.environ/K, max_budget: 5{{second}} } }
            """);

        Assert.Contains("period: month\n", result.Yaml, StringComparison.Ordinal);
        Assert.Equal(Outcome.Refused, Of(result, $"model_list[1].litellm_params.{refused}").Outcome);
    }

    [Theory]
    [InlineData("litellm_settings: { service_callback: [ prometheus ] }", "litellm_settings.service_callback[0]", "/metrics")]
    [InlineData("litellm_settings: { guardrails: [ { mine: { callbacks: [ x ] } } ] }", "litellm_settings.guardrails[0].mine.callbacks[0]",
        "docs/guards.md")]
    [InlineData(
        "model_list: [ { model_name: b, litellm_params: { model: openai/dall-e-3, input_cost_per_image: 0.04 } } ]",
        "model_list[0].litellm_params.input_cost_per_image", "prices.<provider/model>.request")]
    public void The_reason_is_that_of_the_setting(string text, string setting, string reason) =>
        Assert.Contains(reason, Of(LiteLlm(text), setting).Reason!, StringComparison.Ordinal);

    [Fact]
    public void A_Portkey_config_without_a_target_is_what_it_says_about_every_call()
    {
        var result = ImportExample.Run(
            ImportExample.Of("portkey"),
            """{ "retry": { "attempts": 3, "on_status_codes": [ 429 ] }, "cache": { "mode": "simple", "max_age": 60 } }""");

        Assert.Contains("retry:\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("attempts: 4\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("ttl: 1m\n", result.Yaml, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Findings, finding => finding.Outcome == Outcome.Refused);
    }

    [Theory]
    [InlineData("portkey", """{ "cache": { "mode": "simple" } }""", "cache:")]
    [InlineData("portkey", """{ "request_timeout": 10000 }""", "attempt: 10s")]
    [InlineData("bifrost", """{ "plugins": [ { "name": "semantic_cache", "enabled": true, "config": { "ttl": "5m" } } ] }""", "ttl: 5m")]
    [InlineData("bifrost", """{ "logs_store": { "enabled": true, "type": "sqlite" } }""", "ledger:")]
    public void A_part_of_a_configuration_is_recognised(string product, string text, string written) =>
        Assert.Contains(written, ImportExample.Run(ImportExample.Of(product), text).Yaml, StringComparison.Ordinal);

    [Fact]
    public void A_Portkey_provider_that_is_not_known_takes_nothing_else_with_it()
    {
        var result = ImportExample.Run(
            ImportExample.Of("portkey"),
            """{ "provider": "@mine", "retry": { "attempts": 3 }, "input_guardrails": [ "pii" ] }""");

        Assert.Contains("attempts: 4\n", result.Yaml, StringComparison.Ordinal);
        Assert.Contains("add provider", Of(result, "provider").Reason!, StringComparison.Ordinal);
        Assert.Equal(Outcome.Approximated, Of(result, "retry.attempts").Outcome);
        Assert.Contains("docs/guards.md", Of(result, "input_guardrails[0]").Reason!, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_list_of_models_of_Bifrost_is_refused_with_the_way_out()
    {
        var result = ImportExample.Run(
            ImportExample.Of("bifrost"), """{ "providers": { "openai": { "keys": [ { "value": "env.K", "models": [] } ] } } }""");

        Assert.Contains("for all models write [\"*\"]", Of(result, "providers.openai.keys[0].value").Reason!, StringComparison.Ordinal);
    }

    private static string OneModel(string more) =>
        $"model_list: [ {{ model_name: a, litellm_params: {{ model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY{more} }} }} ]\n";

    private static ImportResult LiteLlm(string text) => ImportExample.Run(ImportExample.Of("litellm"), text);

    private static Finding Of(ImportResult result, string setting) =>
        Assert.Single(result.Findings, finding => finding.Setting.Replace("\"", "", StringComparison.Ordinal) == setting);
}
