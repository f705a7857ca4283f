using Switchyard.Calls;
using Switchyard.Engine;

namespace Switchyard.Server.Composition;

/// <summary>What <c>serve</c> prints when it is ready: address, providers, a first call to copy, and what to do next.</summary>
internal static class Greeting
{
    public static string For(string address, SwitchyardEngine engine, ServeRequest request)
    {
        var providers = engine.NotReady is { } reason ? $"none. {reason}" : string.Join(", ", engine.ProviderNames);
        var key = request.Options.AsksForKeys ? " \\\n    -H 'Authorization: Bearer YOUR_KEY'" : "";
        return $$"""
            Switchyard listens on {{address}}
            Providers: {{providers}}{{(engine.UsesMock ? " (nothing is configured, so the built-in mock answers)" : "")}}
            Try it:
              curl {{address}}/v1/chat/completions -H 'Content-Type: application/json'{{key}} \
                -d '{"model":"{{Model(engine)}}","messages":[{"role":"user","content":"Hello"}]}'
            Next:
            {{string.Join('\n', Next(address, engine, request).Select(step => $"  {step}"))}}
            """;
    }

    /// <summary>What whoever has just started it may want to do, by what is there already.</summary>
    private static IEnumerable<string> Next(string address, SwitchyardEngine engine, ServeRequest request)
    {
        if (engine.UsesMock || engine.NotReady is not null)
            yield return "set a provider's key variable, or write a switchyard.yaml: 'switchyard providers' names the variables";
        if (request.Options.HasDashboard)
            yield return $"look at it: {GatewayAddress.Reaching(request.Options.Admin.Urls ?? address)}{request.Options.Dashboard.Path}";
        else if (!request.Options.Admin.IsOn)
            yield return "put admin: { key: … } into switchyard.yaml for the dashboard and 'switchyard live'";
        yield return "talk to a model in another terminal: 'switchyard chat'; 'switchyard --help' names the rest";
    }

    private static string Model(SwitchyardEngine engine)
    {
        try
        {
            return engine.DefaultModel;
        }
        catch (CallException)
        {
            return "provider/model";
        }
    }
}
