using Switchyard.Calls;
using Switchyard.Engine;

namespace Switchyard.Server.Serving;

/// <summary>The text that <c>serve</c> prints when it is ready: address, providers, a first call to copy, next steps.</summary>
internal static class Greeting
{
    public static string For(string address, SwitchyardEngine engine, ServeRequest request, IEnumerable<string> nextSteps)
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
            {{string.Join('\n', nextSteps.Select(step => $"  {step}"))}}
            """;
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
