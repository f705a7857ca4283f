using System.Text.Json.Serialization;
using Switchyard.Engine;
using Switchyard.Experiments;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary>
/// <c>/admin/experiments</c>: how the results of an experiment developed, and its end. The current results are at <c>GET /experiments</c>.
/// </summary>
internal sealed class ExperimentsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    public void Map(AdminRoutes routes)
    {
        routes.Get(
            "/admin/experiments/{name}/curve",
            new(AdminRole.Viewer, "Shows the results of an experiment or shadow by number of calls")
            {
                Answer = () => ExperimentAdminJson.Default.AdminListCurveStep,
            },
            call => call.AnswerAsync(
                new AdminList<CurveStep>(
                    [.. (engine.Experiments.GetCurve(call.Part("name")) ?? throw Unknown(call)).Select(CurveStep.Of)], null),
                ExperimentAdminJson.Default.AdminListCurveStep));
        routes.Post(
            "/admin/experiments/{name}/stop",
            new(AdminRole.Operator, "Stops assigning calls to variants, or copying them to a shadow; its results stay"),
            async call =>
            {
                if (!engine.Experiments.Stop(call.Part("name")))
                    throw Unknown(call);
                await call.DoneAsync();
            });
        routes.Post(
            "/admin/experiments/{name}/promote",
            new(AdminRole.Operator, "Ends an experiment or shadow, and sends all calls of its alias to one variant")
            {
                Description = "It is a run-time setting: the configuration's history can undo it.",
                Body = () => ExperimentAdminJson.Default.PromoteBody,
                Example = """{"variant":"b"}""",
            },
            call => ConfigurationAdmin.GuardAsync(async () =>
            {
                var body = await call.ReadAsync(ExperimentAdminJson.Default.PromoteBody);
                if (string.IsNullOrWhiteSpace(body.Variant))
                {
                    throw AdminException.BadRequest(
                        "invalid_request", "'variant' is missing: the variant that is to get all calls. GET /experiments lists them.");
                }

                if (await engine.PromoteVariantAsync(call.Part("name"), body.Variant, call.User.Name, call.Aborted) is null)
                    throw Unknown(call);
                await call.DoneAsync();
            }));
    }

    private static AdminException Unknown(AdminCall call) => AdminException.NotFound(
        "experiment_not_found", $"There is no experiment '{call.Part("name")}', or it has no such variant. GET /experiments lists them.");
}

/// <summary>The results of an experiment after a number of calls.</summary>
internal sealed record CurveStep(DateTimeOffset At, long Calls, IReadOnlyList<CurveBounds> Variants)
{
    public static CurveStep Of(ExperimentStep step) => new(
        step.At, step.Calls, [.. step.Comparisons.Select(one => new CurveBounds(one.Variant, one.Low, one.High))]);
}

/// <summary>The lower and upper bound of a variant's difference from the control; null while there were too few calls.</summary>
internal sealed record CurveBounds(string Variant, double? Low, double? High);

/// <summary>The variant to use for all calls.</summary>
internal sealed record PromoteBody(string? Variant);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AdminList<CurveStep>))]
[JsonSerializable(typeof(PromoteBody))]
internal sealed partial class ExperimentAdminJson : JsonSerializerContext;
