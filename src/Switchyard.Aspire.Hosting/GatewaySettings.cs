using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Switchyard.Aspire.Hosting;

/// <summary>
/// What the builder's methods have asked for, and the environment variables and arguments that it comes to. Those are made when the
/// gateway is started or published: only then is it known how it runs, and what is referenced.
/// </summary>
internal sealed class GatewaySettings
{
    /// <summary>What stands before the gateway's own arguments: of <c>dotnet Switchyard.Server.dll</c> the second word.</summary>
    public IReadOnlyList<string> CommandArguments { get; set; } = [];

    /// <summary>The configuration file on this machine; null for none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>Whether what it writes outlives it.</summary>
    public bool KeepsData { get; set; }

    /// <summary>The folder on this machine for that; null leaves it to whoever runs the gateway.</summary>
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
        // A process of this machine is for this machine; the port is chosen by whoever starts it.
        var host = gateway.IsContainer() ? "*" : "localhost";
        var urls = ReferenceExpression.Create($"http://{host}:{gateway.PrimaryEndpoint.Property(EndpointProperty.TargetPort)}");
        variables[SettingVariable.Of("server.urls")] = urls;
        // A program of one's own listens where ASP.NET Core is told to; this word wins over its appsettings.json.
        if (!gateway.IsContainer())
            variables["URLS"] = urls;
        // A key of its own name stands beside those of a configuration file, and calls are found under it.
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
            // Calls are written here first, and copied to the database from here.
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
        // Below obj/ of the app host Aspire keeps what belongs to it.
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
