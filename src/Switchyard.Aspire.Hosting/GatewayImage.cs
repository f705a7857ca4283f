namespace Switchyard.Aspire.Hosting;

/// <summary>What the gateway's image is called, and what is where in it: deploy/container, and the SDK's own.</summary>
internal static class GatewayImage
{
    public const string Name = "switchyard";

    /// <summary>No registry has it yet: both ways of making it name it so.</summary>
    public const string Tag = "latest";

    public const int Port = 8080;

    /// <summary>Where the configuration file is, if there is one.</summary>
    public const string ConfigFile = "/etc/switchyard/switchyard.yaml";

    /// <summary>What outlives the container, where something is mounted there.</summary>
    public const string DataFolder = "/data";

    /// <summary>What does not.</summary>
    public const string ScratchFolder = "/tmp";
}
