using System.Globalization;
using System.Text.Json.Serialization;
using Switchyard.Engine;
using Switchyard.Identity;
using Switchyard.Providers;
using Switchyard.Targets;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/providers</c>: every provider with its state, and how one is chosen.</summary>
internal sealed class ProvidersAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/providers",
            new(AdminRole.Viewer, "Lists every provider, also those that are disabled or could not be loaded")
            {
                Answer = () => ProvidersJson.Default.AdminListProviderJson,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(engine.GetAllProviders().Select(ProviderJson.Of), provider => provider.Name),
                ProvidersJson.Default.AdminListProviderJson));
        routes.Get(
            "/admin/circuits",
            new(AdminRole.Viewer, "Lists the circuits that have opened, and when they opened and closed")
            {
                Answer = () => ProvidersJson.Default.AdminListCircuitJson,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(engine.GetCircuits().Select(CircuitJson.Of), circuit => circuit.Id),
                ProvidersJson.Default.AdminListCircuitJson));
        routes.Get(
            "/admin/providers/{name}",
            new(AdminRole.Viewer, "Shows one provider") { Answer = () => ProvidersJson.Default.ProviderJson },
            call => AnswerAsync(call));
        routes.Patch(
            "/admin/providers/{name}",
            new(AdminRole.Operator, "Changes how a provider is chosen, from the next call on")
            {
                Description = "It is a run-time setting. Members that are left out keep their values.",
                Body = () => ProvidersJson.Default.ProviderChoice,
                Example = """{"enabled":true}""",
                Answer = () => ProvidersJson.Default.ProviderJson,
                IsVersioned = true,
            },
            call => ConfigurationAdmin.GuardAsync(async () =>
            {
                var choice = await call.ReadAsync(ProvidersJson.Default.ProviderChoice);
                if (!await engine.ChangeProviderAsync(
                    call.Part("name"), choice, call.User.Name, ConfigurationAdmin.ExpectedBy(call), call.Aborted))
                {
                    throw Unknown(call);
                }

                await AnswerAsync(call);
            }, isExpected: ConfigurationAdmin.ExpectedBy(call) is not null));
    }

    private Task AnswerAsync(AdminCall call)
    {
        var found = engine.FindProvider(call.Part("name")) ?? throw Unknown(call);
        call.SetVersion(ConfigurationAdmin.TagOf(engine.Configuration.Version));
        return call.AnswerAsync(ProviderJson.Of(found), ProvidersJson.Default.ProviderJson);
    }

    private static AdminException Unknown(AdminCall call) => AdminException.NotFound(
        "provider_not_found", $"There is no provider '{call.Part("name")}'; GET /admin/providers lists them.");
}

/// <summary>A provider as it is shown.</summary>
internal sealed record ProviderJson(
    string Name,
    string DisplayName,
    string? Description,
    string? Version,
    [property: JsonConverter(typeof(JsonStringEnumConverter<ProviderSource>))] ProviderSource Source,
    bool Enabled,
    int Priority,
    double Weight,
    decimal? CostPer1kInputTokens,
    decimal? CostPer1kOutputTokens,
    long? MaxRequestsPerMinute,
    int? MaxTokensPerRequest,
    double? FirstTokenTimeoutSeconds,
    double? AttemptTimeoutSeconds,
    IReadOnlyList<string> Features,
    string? Dialect,
    IReadOnlyList<string> Models,
    bool Ready,
    string? Problem)
{
    public static ProviderJson Of(ProviderInfo provider) => new(
        Name: provider.Name,
        DisplayName: provider.DisplayName,
        Description: provider.Description,
        Version: provider.Version,
        Source: provider.Source,
        Enabled: provider.IsEnabled,
        Priority: provider.Priority,
        Weight: provider.Weight,
        CostPer1kInputTokens: provider.CostPer1KInputTokens,
        CostPer1kOutputTokens: provider.CostPer1KOutputTokens,
        MaxRequestsPerMinute: provider.MaxRequestsPerMinute,
        MaxTokensPerRequest: provider.MaxTokensPerRequest,
        FirstTokenTimeoutSeconds: provider.FirstTokenTimeout?.TotalSeconds,
        AttemptTimeoutSeconds: provider.AttemptTimeout?.TotalSeconds,
        Features: provider.Features,
        Dialect: provider.Dialect,
        Models: provider.Models,
        Ready: provider.Provider is { IsInitialized: true },
        Problem: provider.Problem);
}

/// <summary>A circuit as it is shown. A provider with several credentials has one for each.</summary>
internal sealed record CircuitJson(
    string Id,
    string Provider,
    string Model,
    string State,
    double ProbeInSeconds,
    IReadOnlyList<CircuitChange> Changes)
{
    public static CircuitJson Of(CircuitStatus circuit, int place) => new(
        // Pages are cut between different ids, so the id is the position in the list.
        string.Create(CultureInfo.InvariantCulture, $"{place:D6}"),
        circuit.Provider,
        circuit.Model,
        circuit.State switch { CircuitState.Open => "open", CircuitState.HalfOpen => "half_open", _ => "closed" },
        Math.Round(circuit.ProbeIn.TotalSeconds, 3),
        circuit.Changes);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AdminList<ProviderJson>))]
[JsonSerializable(typeof(AdminList<CircuitJson>))]
[JsonSerializable(typeof(ProviderChoice))]
internal sealed partial class ProvidersJson : JsonSerializerContext;
