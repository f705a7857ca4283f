using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Switchyard.Aspire.Hosting;

/// <summary>
/// The settings from the builder's methods, and the environment variables and arguments made from them. They are made when the gateway is
/// started or published, because only then it is known how the gateway runs and what it references.
/// </summary>
internal sealed class GatewaySettings
{
    /// <summary>The arguments before the gateway's own: <c>Switchyard.Server.dll</c> if the command is <c>dotnet</c>.</summary>
    public IReadOnlyList<string> CommandArguments { get; set; } = [];

    /// <summary>The configuration file on this machine; null for none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>Whether the gateway's data outlives the gateway.</summary>
    public bool KeepsData { get; set; }

    /// <summary>The folder on this machine for its data; null for a volume, or, without a container, a folder below <c>obj</c>.</summary>
    public string? DataFolder { get; set; }

    /// <summary>The address of the database of the ledger; null for none.</summary>
    public ReferenceExpression? Ledger { get; set; }

    /// <summary>The address of the Redis; null for none.</summary>
    public ReferenceExpression? Redis { get; set; }

    public void AddArguments(CommandLineArgsCallbackContext context, ISwitchyardResource gateway)
    {
        var inContainer = gateway.IsContainer();
        if (!inContainer)
            AddAll(context.Args, CommandArguments);
        context.Args.Add("serve");
        if (ConfigFile is not null)
            AddAll(context.Args, ["--config", inContainer ? GatewayImage.ConfigFile : ConfigFile]);
    }

    public void AddVariables(EnvironmentCallbackContext context, ISwitchyardResource gateway)
    {
        var variables = context.EnvironmentVariables;
        // A process on this machine serves this machine only; Aspire chooses the port when it starts the process.
        var host = gateway.IsContainer() ? "*" : "localhost";
        var urls = ReferenceExpression.Create($"http://{host}:{gateway.PrimaryEndpoint.Property(EndpointProperty.TargetPort)}");
        variables[SettingVariable.Of("server.urls")] = urls;
        // A custom host application listens on the addresses of ASP.NET Core; this variable overrides its appsettings.json.
        if (!gateway.IsContainer())
            variables["URLS"] = urls;
        // Under its own name the key is added to those of a configuration file, and its calls can be found by that name.
        variables[SettingVariable.Of("keys.aspire.key")] = gateway.ClientKey;
        variables[SettingVariable.Of("admin.key")] = gateway.AdminKey;
        AddStorage(variables, () => FolderOf(context, gateway));
        if (Redis is not null)
            variables[SettingVariable.Of("storage.redis")] = Redis;
    }

    private void AddStorage(Dictionary<string, object> variables, Func<string> folder)
    {
        if (Ledger is not null)
        {
            variables[SettingVariable.Of("storage.ledger")] = Ledger;
            // Calls are written to the journal first, and copied from there to the database.
            variables[SettingVariable.Of("storage.journal")] = $"{folder()}/journal.db";
        }
        else if (KeepsData)
        {
            variables[SettingVariable.Of("storage.ledger")] = $"sqlite:{folder()}/switchyard.db";
        }
    }

    private string FolderOf(EnvironmentCallbackContext context, ISwitchyardResource gateway)
    {
        if (gateway.IsContainer())
            return KeepsData ? GatewayImage.DataFolder : GatewayImage.ScratchFolder;
        // Aspire's own store is below obj/ of the app host.
        var folder = DataFolder
            ?? Path.Combine(context.ExecutionContext.Services.GetRequiredService<IAspireStore>().BasePath, gateway.Name);
        return Directory.CreateDirectory(folder).FullName;
    }

    private static void AddAll(IList<object> arguments, IEnumerable<string> more)
    {
        foreach (var argument in more)
            arguments.Add(argument);
    }
}
