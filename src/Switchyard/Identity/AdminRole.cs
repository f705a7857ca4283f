namespace Switchyard.Identity;

/// <summary>What somebody may do with the admin API. Each role may do what those before it may.</summary>
public enum AdminRole
{
    /// <summary>No key is needed: for what says nothing of this gateway.</summary>
    Anyone,

    /// <summary>The owner of a client's key: sees that key's own figures.</summary>
    Caller,

    /// <summary>Sees everything but secrets, and changes nothing.</summary>
    Viewer,

    /// <summary>Also changes what is changed while running: limits, the cache, budgets, providers, experiments; ends calls.</summary>
    Operator,

    /// <summary>Also makes and ends keys and tenants, changes the configuration, and loads plugins.</summary>
    Admin,
}
