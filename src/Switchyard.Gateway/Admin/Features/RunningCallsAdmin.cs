using System.Text.Json.Serialization;
using Switchyard.Calls;
using Switchyard.Engine;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Features;

/// <summary><c>/admin/calls/in-flight</c>: lists the running calls, and ends one.</summary>
internal sealed class RunningCallsAdmin(SwitchyardEngine engine) : IAdminEndpoints
{
    private const string Path = "/admin/calls/in-flight";

    public void Map(AdminRoutes routes)
    {
        routes.Get(
            Path,
            new(AdminRole.Viewer, "Lists the running calls, with the phase of each")
            {
                Answer = () => RunningCallJson.Default.AdminListRunningCallView,
                IsList = true,
            },
            call => call.AnswerAsync(
                call.Page().Of(
                    engine.ListRunning().Select(RunningCallView.Of).OrderBy(running => running.Id, StringComparer.Ordinal),
                    running => running.Id),
                RunningCallJson.Default.AdminListRunningCallView));
        routes.Delete(
            $"{Path}/{{id}}",
            new(AdminRole.Operator, "Ends a call: its client gets an error, and what was used is charged")
            {
                Answer = () => RunningCallJson.Default.EndedCalls,
            },
            async call =>
            {
                var ended = engine.EndCalls(call.Part("id"));
                if (ended == 0)
                {
                    throw AdminException.NotFound(
                        "call_not_running",
                        $"No call with this id is running; it may have ended by itself. GET {Path} lists the running calls.");
                }

                await call.AnswerAsync(new EndedCalls(ended), RunningCallJson.Default.EndedCalls);
            });
    }
}

/// <summary>A running call, as it is shown.</summary>
internal sealed record RunningCallView(
    string Id,
    string Caller,
    string? Tenant,
    string Model,
    string Operation,
    bool Stream,
    string Phase,
    long AgeMs,
    string? Provider,
    string? ProviderModel,
    int Attempts,
    long Generation,
    string? ShadowOf)
{
    public static RunningCallView Of(RunningCall call) => new(
        Id: call.Id,
        Caller: call.Caller,
        Tenant: call.Tenant,
        Model: call.Model,
        Operation: call.Operation.ToString(),
        Stream: call.IsStream,
        Phase: NameOf(call.Phase),
        AgeMs: (long)call.Age.TotalMilliseconds,
        Provider: call.Provider,
        ProviderModel: call.ProviderModel,
        Attempts: call.Attempts,
        Generation: call.Generation,
        ShadowOf: call.ShadowOf);

    private static string NameOf(CallPhase phase) => phase switch
    {
        CallPhase.Starting => "starting",
        CallPhase.Queued => "queued",
        CallPhase.WaitingForProvider => "waiting_for_provider",
        CallPhase.BetweenAttempts => "between_attempts",
        CallPhase.Answering => "answering",
        _ => "ending",
    };
}

/// <summary>How many calls were ended.</summary>
internal sealed record EndedCalls(int Ended);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AdminList<RunningCallView>))]
[JsonSerializable(typeof(EndedCalls))]
internal sealed partial class RunningCallJson : JsonSerializerContext;
