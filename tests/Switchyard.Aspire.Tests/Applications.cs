using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Tests;

/// <summary>App hosts that are built but not started.</summary>
internal static class Applications
{
    /// <summary>One in publish mode: values are references by name, as in a manifest.</summary>
    public static IDistributedApplicationBuilder Published() => Create(["--operation", "publish", "--step", "publish-manifest"]);

    /// <summary>One in run mode, for this machine.</summary>
    public static IDistributedApplicationBuilder Run(params string[] more) => Create(more);

    /// <summary>The environment variables of a resource, each value as in a manifest.</summary>
    public static async Task<Dictionary<string, string?>> VariablesAsync<T>(this IResourceBuilder<T> resource)
        where T : IResourceWithEnvironment
    {
        var made = new Dictionary<string, object>();
        var context = new EnvironmentCallbackContext(resource.ApplicationBuilder.ExecutionContext, resource.Resource, made);
        foreach (var annotation in resource.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        return made.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value));
    }

    /// <summary>The arguments it is started with.</summary>
    public static async Task<List<string?>> ArgumentsAsync<T>(this IResourceBuilder<T> resource)
        where T : IResourceWithArgs
    {
        var context = new CommandLineArgsCallbackContext([], resource.Resource)
        {
            ExecutionContext = resource.ApplicationBuilder.ExecutionContext,
        };
        foreach (var annotation in resource.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(context);
        return [.. context.Args.Select(TextOf)];
    }

    private static string? TextOf(object value) => value is IManifestExpressionProvider known ? known.ValueExpression : value.ToString();

    private static IDistributedApplicationBuilder Create(string[] arguments) =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = arguments, DisableDashboard = true });
}
