using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Switchyard.Configuration.Runtime;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/config/canary</c>: settings tried on a share of the calls, promoted, or abandoned. An operator may change the share and
/// abandon them; choosing and applying settings, prices among them, is a change of the configuration.
/// </summary>
internal sealed class CanaryAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    private const string Path = "/admin/config/canary";

    private RuntimeConfiguration Configuration => engine.Configuration;

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            Path,
            new(AdminRole.Viewer, "Shows the canary: its settings, its share of the calls and its results")
            {
                Description = "Null without a canary. The figures are this gateway's own.",
                Answer = () => CanaryJson.Default.CanaryView,
            },
            AnswerAsync);
        routes.Put(
            Path,
            new(AdminRole.Admin, "Starts a canary: tries settings on a share of the calls")
            {
                Description = "Aliases, routing, timeouts, retry, circuit, prices, strict and default_provider. "
                    + "Replaces the canary that runs.",
                Body = () => CanaryJson.Default.CanaryStart,
                Example = """{"share":0.05,"settings":{"routing.max_fallbacks":2}}""",
                Answer = () => CanaryJson.Default.CanaryView,
                IsVersioned = true,
            },
            async call =>
            {
                var asked = await call.ReadAsync(CanaryJson.Default.CanaryStart);
                await ChangeAsync(call, expected => Configuration.StartCanaryAsync(
                    asked.Settings ?? [], ShareOf(asked.Share), asked.Seed, call.User.Name, expected, call.Aborted));
            });
        routes.Patch(
            Path,
            new(AdminRole.Operator, "Changes the canary's share of the calls")
            {
                Body = () => CanaryJson.Default.CanaryShare,
                Example = """{"share":0.25}""",
                Answer = () => CanaryJson.Default.CanaryView,
                IsVersioned = true,
            },
            async call =>
            {
                var asked = await call.ReadAsync(CanaryJson.Default.CanaryShare);
                await ChangeAsync(call, expected =>
                    Configuration.SetCanaryShareAsync(ShareOf(asked.Share), call.User.Name, expected, call.Aborted));
            });
        routes.Delete(
            Path,
            new(AdminRole.Operator, "Ends the canary without applying its settings")
            {
                Answer = () => CanaryJson.Default.CanaryView,
                IsVersioned = true,
            },
            call => ChangeAsync(call, expected => Configuration.AbandonCanaryAsync(call.User.Name, expected, call.Aborted)));
        routes.Post(
            Path + "/promote",
            new(AdminRole.Admin, "Applies the canary's settings to all calls")
            {
                Answer = () => CanaryJson.Default.CanaryView,
                IsVersioned = true,
            },
            call => ChangeAsync(call, expected => Configuration.PromoteCanaryAsync(call.User.Name, expected, call.Aborted)));
    }

    private Task ChangeAsync(AdminCall call, Func<long?, Task<ConfigurationVersion>> change)
    {
        var expected = ConfigurationAdmin.ExpectedBy(call);
        return ConfigurationAdmin.GuardAsync(
            async () =>
            {
                await change(expected);
                await AnswerAsync(call);
            },
            expected is not null);
    }

    private Task AnswerAsync(AdminCall call)
    {
        call.SetVersion(ConfigurationAdmin.TagOf(Configuration.Version));
        return call.AnswerAsync(
            new CanaryView(Configuration.Version, Configuration.Canary is { } canary ? CanaryJsonView.Of(canary) : null),
            CanaryJson.Default.CanaryView);
    }

    private static double ShareOf(double? share) => share
        ?? throw AdminException.BadRequest("invalid_share", "The body must have the 'share' of the calls, such as 0.05.");
}

/// <summary>The running canary, or null without one, and the version of the configuration.</summary>
internal sealed record CanaryView(long Version, CanaryJsonView? Canary);

internal sealed record CanaryJsonView(
    double Share, long Seed, long Generation, IReadOnlyList<ChangeJson> Changes, CanarySideJson Stable, CanarySideJson Candidate)
{
    public static CanaryJsonView Of(CanaryStatus canary) => new(
        canary.Share, canary.Seed, canary.Generation, [.. canary.Changes.Select(ChangeJson.Of)],
        CanarySideJson.Of(canary.Stable), CanarySideJson.Of(canary.Candidate));
}

internal sealed record CanarySideJson(long Calls, long Failed, double? AverageMs)
{
    public static CanarySideJson Of(CanarySide side) => new(side.Calls, side.Failed, side.Time?.TotalMilliseconds);
}

internal sealed record CanaryStart(double? Share, JsonObject? Settings, long? Seed);

internal sealed record CanaryShare(double? Share);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(CanaryView))]
[JsonSerializable(typeof(CanaryStart))]
[JsonSerializable(typeof(CanaryShare))]
internal sealed partial class CanaryJson : JsonSerializerContext;
