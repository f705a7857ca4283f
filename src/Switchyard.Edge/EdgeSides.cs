using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;
using Switchyard.Server.Serving;

namespace Switchyard.Edge;

/// <summary>This edition adds nothing to the gateway. A reload that needs more is refused.</summary>
internal sealed class EdgeSides : IGatewaySides
{
    public void AddTo(SwitchyardBuilder engine, SwitchyardOptions options)
    {
    }

    public void AddExport(IServiceCollection services)
    {
    }

    public void Use(WebApplication app, SwitchyardOptions options)
    {
    }

    public string? Refuse(SwitchyardOptions options) => EdgeLimits.Find(options) is [var first, ..] ? first.Message : null;

    public IEnumerable<string> NextSteps(string address, SwitchyardEngine engine, ServeRequest request)
    {
        if (engine.UsesMock || engine.NotReady is not null)
            yield return "set a provider's key variable, such as OPENAI_API_KEY, or write a switchyard.yaml";
        yield return "'switchyard-edge --help' lists the options";
    }
}
